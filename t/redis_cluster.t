#!/usr/bin/perl

# Tests for Cluster: the node of a domain is found, and its slot moves under
# load.

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
my @nodes = Aicost::Redis::cluster($t, 3);
my $slot = $nodes[0]->slot();
my $owner = Aicost::Redis::owner($slot, @nodes);
my @others = grep { $_ != $owner } @nodes;

# the one edge is told a node that has it, the other one that has not

my @edges = map { Aicost::Edge->new($t, redis => 'redis://' . $_->address()
	. ' cluster=on on_error=closed timeout=2s',
	sim => { tokens => 60, keep => 64 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run() }
	$owner, $others[0];

ok($_->wait_up(), 'the node is found') for @edges;
is(code($_->chat()), '200 ', 'goes') for @edges;
is($owner->wait_settled($LIMIT)->{settled}, logged(), 'on the owner');

# the slot moves: who is told to ask elsewhere waits until it is there

my $from = $owner;

move($others[0], 'at once', sub { });

# a slot that stays half moved is not waited for.  ASK leads nowhere for a
# script that makes a key: the node that imports refuses it

for my $to ($others[1], $owner) {
	move($to, "to $to->{name}", sub {
		my ($key) = @{ $to->ask('CLUSTER', 'GETKEYSINSLOT', $slot, 1) };
		my (undef, $new, undef, $there) = $to->pipeline(
			['ASKING'], ['EVAL', 'return 1', 2, $key, "$key-new"],
			['ASKING'], ['EVAL', 'return 1', 1, $key]);

		like($$new, qr/^TRYAGAIN/, 'asking for a new key');
		is($there, 1, 'asking for keys that are there');
		Aicost::Edge::wait_more(20, undef, @edges);
	}, 'rich 503 budget_store_unavailable');
}

# a node that is lost is not the owner: nothing happens

$others[0]->kill9();
is(code($_->chat()), '200 ', 'another node is lost') for @edges;

$_->done() for @edges;

###############################################################################

# under load, with what happens while it is half there, and the answers that
# are allowed beside a good one

sub move {
	my ($to, $name, $half, @allowed) = @_;
	my $load = Aicost::Load->begin(\@edges, 4, sub {
		my ($i, $k) = @_;
		select undef, undef, undef, 0.01;
		return (max_tokens => 20 + ($i * 7 + $k * 13) % 81);
	});

	Aicost::Edge::wait_more(20, 200, @edges);
	Aicost::Redis::move_slot($slot, $from, $to, $half, @nodes);
	Aicost::Edge::wait_more(20, 200, @edges);

	my @all = $load->end();
	my %seen = %{ Aicost::Load::tally(@all) };
	note("$name: " . join ', ', map { "$_: $seen{$_}" } sort keys %seen);
	delete @seen{'rich 200 ', @allowed};

	is_deeply(\%seen, {}, "$name: answers");
	is_deeply([ Aicost::Load::mismatched(@all) ], [],
		"$name: each its own");
	ok($_->wait_up(), "$name: the store is there") for @edges;
	wait_for { $to->wait_settled($LIMIT)->{settled} == logged() };

	my $a = $to->totals($LIMIT);
	is($a->{settled}, logged(), "$name: all is settled");
	is("$a->{open} $a->{reserved}", '0 0', "$name: nothing is held");

	$from = $to;
}


sub logged {
	return $edges[0]->logged() + $edges[1]->logged();
}


###############################################################################
