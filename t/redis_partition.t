#!/usr/bin/perl

# Tests for a network that is cut between two edges and their store: packets
# are lost, nobody is told.  TEST_PARTITION seconds (8).

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

my $SECONDS = $ENV{TEST_PARTITION} // 8;

# edges, provider and clients live in a network of their own

unless ($ENV{AICOST_IN_NETNS}) {
	plan(skip_all => 'no root: no network namespace') if $> != 0;
	plan(skip_all => 'no ip, no unshare')
		unless grep({ -x "$_/ip" } split /:/, $ENV{PATH})
		&& grep { -x "$_/unshare" } split /:/, $ENV{PATH};
	plan(skip_all => 'no network namespace may be made here')
		if system('unshare -n true 2>/dev/null');

	$ENV{AICOST_IN_NETNS} = 1;
	exec 'unshare', '-n', '-m', $^X, $0, @ARGV;
}

my $t = Aicost::Redis::require_server(Aicost::Test->new()
	->has(qw/module sim/))->plan();

# the store in another, a cable between

my $ns = "aicost-$$";
my $LIMIT = 300_000_000;

sh('ip link set lo up');
sh("ip netns add $ns");
END { system("ip netns del $ns 2>/dev/null") if $ns && $t && $t->{pid} == $$ }
sh("ip link add edge0 type veth peer name store0 netns $ns");
sh('ip addr add 10.99.0.1/24 dev edge0');
sh('ip link set edge0 up');
sh("ip -n $ns addr add 10.99.0.2/24 dev store0");
sh("ip -n $ns link set store0 up");
sh("ip -n $ns link set lo up");

my $r = Aicost::Redis->new($t, unix => 1,
	options => { bind => '10.99.0.2', 'protected-mode' => 'no' },
	under => [ 'ip', 'netns', 'exec', $ns ])->start();

my @edges = map { Aicost::Edge->new($t,
	redis => "redis://10.99.0.2:$r->{port} on_error=local timeout=200ms",
	sim => { tokens => 60, keep => 64 },
	http => 'aicost_outage_allowance 10%;',
	location => 'aicost_budget day $aicost_consumer 0.3EUR/month '
		. 'mode=upper; aicost_output min=10;')->run() } 1 .. 2;

ok($_->wait_up(), 'the store is there') for @edges;

for my $e (@edges) {
	ok(wait_for(sub { (metric($e->metrics_now(), 'aicost_edges') // 0)
		== 2 }), 'and both edges');
	is(code($e->chat()), '200 ', 'goes');
}

ok(wait_for(sub { $r->totals($LIMIT)->{reserved} >= 0.09 * $LIMIT }),
	'money is lent');
my $before = $r->totals($LIMIT)->{settled};

# cut, under load

my $load = Aicost::Load->begin(\@edges, 4, sub {
	select undef, undef, undef, 0.01;
	return (max_tokens => 60);
});

sh("ip -n $ns link set store0 down");
ok($_->wait_up(0), 'it is seen') for @edges;
select undef, undef, undef, $SECONDS;
my $at = $r->totals($LIMIT)->{settled};
sh("ip -n $ns link set store0 up");
ok(wait_for(sub { $_->wait_up() }, 30), 'healed') for @edges;
my @all = $load->end();

is_deeply([ Aicost::Load::mismatched(@all) ], [], 'each its own answer');

my $logged = $edges[0]->logged() + $edges[1]->logged();
ok(wait_for(sub { $r->totals($LIMIT)->{settled} == $logged }),
	'what was spent is told');
is($r->totals($LIMIT)->{settled}, $logged, 'to the nano');
cmp_ok($logged, '<=', $LIMIT, 'inside the limit');

my %seen = %{ Aicost::Load::tally(@all) };
cmp_ok($seen{'rich 503 budget_store_unavailable'} // 0, '>', 0,
	'refused when the allowance was spent');
note("cut for $SECONDS s, settled $before before, $at in the cut, $logged "
	. 'after; ' . join(', ', map { "$_: $seen{$_}" } sort keys %seen));

is_deeply([ $_->outages() ], [ 1, 1 ], 'one outage in the log') for @edges;
$_->done() for @edges;

###############################################################################

sub sh {
	my ($command) = @_;

	system($command) == 0 or die "$command: $?\n";
}

###############################################################################
