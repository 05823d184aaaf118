#!/usr/bin/perl

# Tests for a store that takes commands and answers none: what no queue has
# room for is answered at once, and nothing grows.

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

###############################################################################

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

# commands of a worker that have no answer: NGX_HTTP_AICOST_LINK_QUEUE.  None is
# given up while they are made

my $QUEUE = 4096;
my $LIMIT = 9_000_000_000;
my $r = Aicost::Redis->new($t)->start();

my %edge = map { $_ => Aicost::Edge->new($t, free => 1, workers => 1,
	connections => 8192, redis => $r->url() . " on_error=$_ timeout=12s "
	. "domain=$_", sim => { tokens => 60, keep => 64 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run() }
	qw/closed degrade open/;

for my $policy (sort keys %edge) {
	my $e = $edge{$policy};

	ok($e->wait_up(), "$policy: the store is there");
	is(code($e->chat()), '200 ', "$policy: goes");
	ok(wait_for(sub { my $logged = $e->logged();
		$logged && $r->wait_settled($LIMIT,
			domain => $policy)->{settled} == $logged }),
		"$policy: settled");
}

for my $policy (sort keys %edge) {
	my $e = $edge{$policy};

	# each asks, and leaves: a reserve and a release have no answer

	$r->freeze();
	ok($e->leave($QUEUE / 2 + 64), "$policy: clients leave");
	answers($policy, 'full') for 1 .. 3;
	my $memory = $e->memory();

	ok($e->leave($policy eq 'open' ? 64 : 1024), "$policy: and more");
	answers($policy, 'still full');

	SKIP: {
		skip 'a sanitizer keeps what was freed', 1
			if ($ENV{TEST_NGINX_BINARY} // '') =~ /asan/;

		cmp_ok($e->memory(), '<', $memory + 1024,
			"$policy: nothing grows");
	}

	is_deeply([ $e->outages() ], [ 0, 0 ], "$policy: it may answer yet");

	# it is seen: what found no room is counted, and said once

	cmp_ok(metric($e->metrics_now(), 'aicost_store_queue_full_total') // -1,
		'>', 4, "$policy: the metric");
	cmp_ok($e->status_now()->{fleet}{queue_full} // -1, '>', 4,
		"$policy: the console");
	cmp_ok(metric($e->metrics_now(), 'aicost_store_unacknowledged'), '>',
		1000, "$policy: what it has not said yes to");
	is(scalar(() = $e->read_log()
		=~ /commands have no answer, the queue is full/g), 1,
		"$policy: one line in the log");
	$r->thaw();
}

# all of it is carried out, also what found no room

for my $policy (sort keys %edge) {
	my $e = $edge{$policy};

	ok(wait_for(sub { ($e->chat()->header('X-AICost-Tier') // '')
		eq 'premium' }), "$policy: goes again");

	my ($a, $logged);

	wait_for {
		$a = $r->wait_settled($LIMIT, domain => $policy);
		$logged = $e->logged();
		$a->{settled} == $logged && !$a->{open};
	} 40;
	is($a->{settled}, $logged, "$policy: all is settled");
	is("$a->{open} $a->{reserved}", '0 0', "$policy: nothing is held");
	is(scalar(() = $e->read_log() =~ /the queue has room again/g), 1,
		"$policy: its end in the log");
}

$_->done() for map { $edge{$_} } sort keys %edge;

###############################################################################

sub answers {
	my ($policy, $when) = @_;
	my $r = $edge{$policy}->chat();

	is(code($r) . ' ' . ($r->header('X-AICost-Tier') // ''), {
		closed => '503 budget_store_unavailable ',
		degrade => '200  free',
		open => '200  premium',
	}->{$policy}, "$policy: $when, answered");
}

###############################################################################
