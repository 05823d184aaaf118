#!/usr/bin/perl

# Tests for Sentinel: a primary that hands over, and one that dies under load.

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

my $LIMIT = 9_000_000_000;
my $first = Aicost::Redis->new($t, name => 'first')->start();
my $second = Aicost::Redis->new($t, name => 'second', replica_of => $first)
	->start();
my @sentinels = Aicost::Redis::sentinels($t, $first);

my @edges = map { Aicost::Edge->new($t, redis => 'redis://'
	. join(',', map { $_->address() } @sentinels)
	. ' sentinel=aicost on_error=closed timeout=500ms',
	sim => { tokens => 60, keep => 64 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run() }
	1 .. 2;

ok($_->wait_up(), 'the primary is found') for @edges;
is(code($_->chat()), '200 ', 'goes') for @edges;
is($first->wait_settled($LIMIT)->{settled}, logged(), 'on the primary');

# it hands over in peace, then is killed; each under load

for (['a switch', sub { $sentinels[0]->ask('SENTINEL', 'FAILOVER', 'aicost') },
		$second],
	['a death', sub { $second->kill9() }, $first])
{
	my ($name, $how, $next) = @$_;

	my $load = Aicost::Load->begin(\@edges, 4, sub {
		my ($i, $k) = @_;
		select undef, undef, undef, 0.01;
		return (max_tokens => 20 + ($i * 7 + $k * 13) % 81);
	});

	lines(20);
	$how->();
	ok(wait_for(sub { ((eval { $next->info('replication') } || {})->{role}
		// '') eq 'master' }, 30), "$name: another is the primary");

	for my $e (@edges) {
		ok(wait_for(sub { $e->chat()->status() == 200 }, 30),
			"$name: goes again");
		ok($e->wait_up(), "$name: the store is there");
	}

	lines(20);

	my @all = $load->end();
	my %seen = %{ Aicost::Load::tally(@all) };
	delete @seen{'rich 200 ', 'rich 503 budget_store_unavailable'};

	is_deeply(\%seen, {}, "$name: answers");
	is_deeply([ Aicost::Load::mismatched(@all) ], [],
		"$name: each its own");

	wait_for {
		$next->wait_settled($LIMIT)->{settled} == logged();
	};
	my $a = $next->totals($LIMIT);
	is($a->{settled}, logged(), "$name: all is settled");
	is("$a->{open} $a->{reserved}", '0 0', "$name: nothing is held");

	# the old one is a replica of it
	if ($name eq 'a switch') {
		ok(wait_for(sub { ((eval { $first->info('replication') } || {})
			->{master_link_status} // '') eq 'up' }, 30),
			'the old one follows');
		wait_for { ($sentinels[0]->info('sentinel')->{master0} // '')
			=~ /:$second->{port},slaves=[1-9]/ };
	}
}

$_->done() for @edges;

###############################################################################

sub logged {
	return $edges[0]->logged() + $edges[1]->logged();
}


# so many more answers of each edge that were served

sub lines {
	Aicost::Edge::wait_more($_[0], 200, @edges);
}

###############################################################################
