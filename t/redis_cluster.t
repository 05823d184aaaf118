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

move($others[0], 'at once', sub { }, sub { });

# a slot that stays half moved is not waited for: no node makes a new key then,
# if another one of the same script is there

for my $to ($others[1], $owner) {
	move($to, "to $to->{name}", sub {
		my @keys = map { $_->ask('CLUSTER', 'GETKEYSINSLOT', $slot,
			1)->[0] } $from, $to;

		like(asked($from, 2, $keys[0], "$keys[0]-new"), qr/^TRYAGAIN/,
			'where it was: a key, and a new one');
		like(asked($to, 2, $keys[1], "$keys[1]-new"), qr/^TRYAGAIN/,
			'where it goes: a key, and a new one');
		like(asked($from, 2, $keys[1], "$keys[1]-new"), qr/^ASK/,
			'where it was: none of them');
		is(asked($to, 1, $keys[1]), 1, 'where it goes: one of them');
		Aicost::Edge::wait_more(20, undef, @edges);
	}, sub { }, 'rich 503 budget_store_unavailable');
}

# all keys are there, and the slot is not: who is told to ask the other node
# does so

for my $to ($others[0], $others[1], $owner) {
	move($to, "asked $to->{name}", sub { }, sub {
		my $before = imported($to);

		like(asked($from, 2, map { "{aic:default}:$_" } 'm', 'new'),
			qr/^ASK/, "asked $to->{name}: nothing is left");
		ok(Aicost::Edge::wait_more(50, 200, @edges),
			"asked $to->{name}: goes on");
		ok(wait_for(sub { imported($to) > $before }),
			"asked $to->{name}: and is settled");
	});
}

# and so does who comes in that moment, or comes back

move($others[0], 'lost', sub { }, sub {
	$from->drop();
	ok(Aicost::Edge::wait_more(50, 200, @edges), 'lost meanwhile: goes on');
}, 'rich 503 budget_store_unavailable');

# records that a script finds in others cannot be named as its keys: one that is
# at the other node is not one that is gone

my $d = '{aic:mine}';
my ($epoch, $rid) = ('0123456789abcdef', 'fedcba9876543210');
my $mine = $nodes[0]->slot(domain => 'mine');
my $has = Aicost::Redis::owner($mine, @nodes);
my ($gets) = grep { $_ != $has } @nodes;

$has->ask('SET', "$d:m", pack 'C3 a16 C13', 0x9f, 2, 0xb0, $epoch, (0) x 13);
$has->ask('ZADD', "$d:lz", 1, $rid);
$has->ask('SET', "$d:r:$rid", pack 'C15', 0x9c, 1, 1, 0, 0, 0, 0, 0, 0, (0) x 4);

Aicost::Redis::move_keys($mine, $has, $gets, "$d:r:$rid");

my $swept = $has->try('EVAL', Aicost::Redis::script('sweep'), 1, "$d:m",
	"\x02\xb0$epoch\0\0\x01\x64");

like(ref $swept eq 'SCALAR' ? $$swept : 'taken', qr/non local key/,
	'a lease that is over, its record elsewhere: refused');
is($has->try('ZCARD', "$d:lz"), 1, 'and not forgotten');

# a node that is lost is not the owner: nothing happens

$others[1]->kill9();
is(code($_->chat()), '200 ', 'another node is lost') for @edges;

$_->done() for @edges;

###############################################################################

# what a node says to a script of keys

sub asked {
	my ($node, $n, @keys) = @_;
	my (undef, $v) = $node->pipeline(['ASKING'],
		['EVAL', 'return 1', $n, @keys]);

	return ref $v ? $$v : $v;
}


# what is settled of the one account, at the node that imports it

sub imported {
	my ($node) = @_;
	my ($key) = $node->keys_of('b');
	my (undef, $v) = $node->pipeline(['ASKING'], ['GET', $key]);

	return Aicost::Redis::unpack_msg($v)->[11];
}


# under load, with what happens while it is half there, and all, and the answers
# that are allowed beside a good one

sub move {
	my ($to, $name, $half, $all, @allowed) = @_;
	my $load = Aicost::Load->begin(\@edges, 4, sub {
		my ($i, $k) = @_;
		select undef, undef, undef, 0.01;
		return (max_tokens => 20 + ($i * 7 + $k * 13) % 81);
	});

	Aicost::Edge::wait_more(20, 200, @edges);
	Aicost::Redis::move_slot($slot, $from, $to, $half, $all, @nodes);
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
