#!/usr/bin/perl

# Tests for on_error=local while another server takes over: behind sentinels,
# and in a cluster.  What was leased is spent meanwhile, the limit holds.

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

# a fifth of the limit is for outages, a tenth an edge

my $LIMIT = 60_000_000;
my @edges;

# behind sentinels

{
	my @servers = (Aicost::Redis->new($t, name => 'first')->start());
	push @servers, map { Aicost::Redis->new($t, name => $_,
		replica_of => $servers[0])->start() } qw/second third/;
	my @sentinels = Aicost::Redis::sentinels($t, $servers[0]);

	@edges = edges('redis://' . join(',', map { $_->address() }
		@sentinels) . ' sentinel=aicost');

	# it hangs, and comes back when another one is the primary

	my $new = takes_over('sentinels', sub { $_[0]->freeze() }, @servers);
	my $settled = $new->totals($LIMIT)->{settled};

	$servers[0]->thaw();
	ok(wait_for(sub { ((eval { $servers[0]->info('replication') } || {})
		->{master_link_status} // '') eq 'up' }, 30),
		'sentinels: the old one follows');
	is($_->totals($LIMIT)->{settled}, $settled,
		"sentinels: the sum of $_->{name}") for $servers[0], $new;

	$_->done() for splice @edges;
	$_->kill9() for @sentinels, @servers;
}

# in a cluster, where the replica of the domain's primary takes over

{
	my @nodes = Aicost::Redis::cluster($t, 3);
	my $owner = Aicost::Redis::owner($nodes[0]->slot(), @nodes);
	my $replica = Aicost::Redis::replica($t, $owner, @nodes);

	@edges = edges('redis://' . join(',', map { $_->address() } @nodes,
		$replica) . ' cluster=on');

	takes_over('a cluster', sub { $_[0]->kill9() }, $owner, $replica);
	$_->done() for splice @edges;
}

###############################################################################

sub edges {
	my ($redis) = @_;

	return map { Aicost::Edge->new($t,
		redis => "$redis on_error=local timeout=300ms",
		sim => { tokens => 60, keep => 64 },
		http => 'aicost_outage_allowance 20%;',
		location => 'aicost_budget day $aicost_consumer 0.06EUR/month '
			. 'mode=upper; aicost_output min=10;')->run() } 1 .. 2;
}


sub primary {
	for my $r (@_) {
		return $r if ((eval { $r->info('replication') } || {})
			->{role} // '') eq 'master';
	}

	return undef;
}


sub takes_over {
	my ($name, $how, $old, @others) = @_;
	my $new;

	for my $e (@edges) {
		ok($e->wait_up(), "$name: the store is there");
		ok(wait_for(sub { (metric($e->metrics_now(), 'aicost_edges')
			// 0) == 2 }), "$name: and both edges");
		is(code($e->chat(max_tokens => 20)), '200 ', "$name: goes");
	}

	# each of them, and the replicas know
	ok(wait_for(sub { $old->totals($LIMIT)->{reserved} >= 0.19 * $LIMIT }),
		"$name: money is lent");
	is($old->ask('WAIT', 1, 5000) > 0, 1, "$name: the replica has it");

	my $before = cost();

	my $load = Aicost::Load->begin(\@edges, 4, sub {
		my ($i, $k) = @_;
		select undef, undef, undef, 0.02;
		return (max_tokens => 20 + ($i * 7 + $k * 13) % 30);
	});

	Aicost::Edge::wait_more(5, 200, @edges);
	$how->($old);
	my $served = served();
	ok($_->wait_up(0), "$name: an outage") for @edges;
	ok(wait_for(sub { $new = primary(@others) }, 30),
		"$name: another is the primary");

	# no server could grant anything, but for what was under way
	cmp_ok(served(), '>', $served + 4, "$name: what was lent is spent");
	ok(wait_for(sub { $_->wait_up() }, 30), "$name: goes on") for @edges;

	# to the end of the budget, on the new one
	ok(wait_for(sub { grep { $_->{code} eq '402 budget_exceeded' }
		map { { Aicost::Load::said('rich',
			$_->chat(max_tokens => 50)) } } @edges }, 30),
		"$name: until the budget is spent");

	my @all = $load->end();
	my %seen = %{ Aicost::Load::tally(@all) };

	note("$name: " . join ', ', map { "$_: $seen{$_}" } sort keys %seen);
	delete @seen{'rich 200 ', 'rich 402 budget_exceeded',
		'rich 503 budget_store_unavailable'};
	is_deeply(\%seen, {}, "$name: answers");
	is_deeply([ Aicost::Load::mismatched(@all) ], [],
		"$name: each its own");

	my ($a, $cost);

	ok(wait_for(sub {
		$a = $new->totals($LIMIT);
		$cost = cost();
		$a->{settled} == $cost;
	}, 30), "$name: what was spent is told");
	is($a->{settled}, $cost, "$name: to the nano");
	cmp_ok($a->{settled}, '<=', $LIMIT, "$name: inside the limit");
	cmp_ok($a->{settled} + $a->{reserved}, '<=', $LIMIT,
		"$name: with what is held");
	cmp_ok($a->{settled}, '>', 0.5 * $LIMIT, "$name: it was spent");
	note("$name: limit $LIMIT, before $before, settled $a->{settled}, "
		. "held $a->{reserved}");

	for my $e (@edges) {
		my ($down, $up) = $e->outages();
		is($down, $up, "$name: each outage has its end");
	}

	return $new;
}


sub served {
	return $edges[0]->answered(200) + $edges[1]->answered(200);
}


sub cost {
	return $edges[0]->logged() + $edges[1]->logged();
}

###############################################################################
