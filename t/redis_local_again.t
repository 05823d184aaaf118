#!/usr/bin/perl

# Tests for on_error=local when one outage follows the other: what was spent in
# the first one is leased anew as soon as it is told, and the limit holds.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Edge;
use Aicost::Redis;
use Aicost::Fault;

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

my $STORE = '503 budget_store_unavailable';
my $LIMIT = 300_000_000;
my $r = Aicost::Redis->new($t)->start();
my @fault = map { Aicost::Fault->new($t, to => $r->port_of()) } 1 .. 2;

# a tenth of the limit is for outages: a twentieth an edge

my @edges = map { Aicost::Edge->new($t, free => 1,
	redis => $_->url() . ' on_error=local',
	sim => { tokens => 60, keep => 64 },
	http => 'aicost_outage_allowance 10%;',
	location => 'aicost_budget day $aicost_consumer 0.3EUR/month '
		. 'mode=upper; aicost_output min=10;')->run() } @fault;

ok($_->wait_up(), 'the store is there') for @edges;

for my $e (@edges) {
	ok(wait_for(sub { (metric($e->metrics_now(), 'aicost_edges') // 0)
		== 2 }), 'and both edges');
}

is(code($_->chat()), '200 ', 'a request') for @edges;
ok(wait_for(sub { lent() >= 0.95 * 0.1 * $LIMIT }), 'money is lent');
ok(wait_for(sub { !grep { (metric($_->metrics_now(), 'aicost_store_lent') // 0)
	!= 1 } @edges }), 'and each edge knows of it');

for my $n (1 .. 3) {
	$_->set($n == 2 ? 'hang' : 'refuse') for @fault;

	for my $i (0 .. 1) {
		my $paid = spend($edges[$i]);

		cmp_ok($paid, '>=', 0.6 * 0.05 * $LIMIT,
			"outage $n: most of what an edge had is spent");
		cmp_ok($paid, '<=', 0.05 * $LIMIT, "outage $n: and no more");
		is(code($edges[$i]->chat(max_tokens => 100)), $STORE,
			"outage $n: then it is closed");
	}

	$_->set('pass') for @fault;

	# the next one begins as soon as this one is told

	ok(wait_for(sub { $r->totals($LIMIT)->{settled} == logged() }),
		"outage $n: what was spent is told");
}

ok($_->wait_up(), 'the store is there again') for @edges;
is($r->totals($LIMIT)->{settled}, logged(), 'to the nano');
cmp_ok($r->totals($LIMIT)->{settled} + lent(), '<=', $LIMIT,
	'inside the limit');

$_->done() for @edges;

###############################################################################

# until it has nothing left: nano

sub spend {
	my ($edge) = @_;
	my $paid = 0;

	for (1 .. 500) {
		my $r = $edge->chat(max_tokens => 60);

		last if $r->status() == 503 && ($paid || $_ > 50);
		$paid += nano(scalar $r->header('X-AICost-Cost')) // 0
			if $r->status() == 200;
	}

	return $paid;
}


sub lent {
	return $r->totals($LIMIT)->{reserved};
}


sub logged {
	return $edges[0]->logged() + $edges[1]->logged();
}

###############################################################################
