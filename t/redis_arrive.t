#!/usr/bin/perl

# Tests for an edge that arrives at a store while others work: what they ask
# meanwhile waits, within the timeout, and is not an outage.

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
my $M = '{aic:default}:m';
my $EDGE = 'another edge 123';
my $r = Aicost::Redis->new($t)->start();
my @edges = map { Aicost::Edge->new($t, redis => $r->url()
	. ' on_error=closed timeout=5s', sim => { tokens => 60, keep => 64 },
	location => 'aicost_budget day $aicost_consumer 9EUR/month;')->run() }
	1 .. 2;

ok($_->wait_up(), 'the store is there') for @edges;

# each time all are asked what they know, before anything is granted

my $load = Aicost::Load->begin(\@edges, 8, sub { (max_tokens => 60) });
my $run = $r->info('server')->{run_id};
my $fresh = 'fedcba9876543210';

for my $n (1 .. 12) {
	Aicost::Edge::wait_more(10, undef, @edges);

	my $v = control("\xa6arrive\xb0$EDGE\xd9\x28$run\xb0$fresh"
		. "\x00\x01\xcd\x27\x10\x01");

	is($v->[2], 1, "arrival $n: all are told");
	wait_for { control("\xa4tell\xb0$EDGE")->[2] == 0 };
}

Aicost::Edge::wait_more(10, 200, @edges);
my @all = $load->end();

is_deeply([ sort grep { $_ ne 'rich 200 ' } keys
	%{ Aicost::Load::tally(@all) } ], [], 'nobody is refused');
is_deeply([ Aicost::Load::mismatched(@all) ], [], 'each its own answer');
is_deeply([ $_->outages() ], [ 0, 0 ], 'it is no outage') for @edges;

my $sum;
wait_for { $sum = $r->wait_settled($LIMIT);
	$sum->{settled} == $edges[0]->logged() + $edges[1]->logged() };
is($sum->{settled}, $edges[0]->logged() + $edges[1]->logged(),
	'all is settled');
is("$sum->{open} $sum->{reserved}", '0 0', 'nothing is held');

$_->done() for @edges;

###############################################################################

# as an edge that is not one of these: layout, epoch, now, whose clock, what

sub control {
	my ($what) = @_;
	my $m = $r->ask('GET', $M);
	my $epoch = substr $m, ord($m) == 0xdc ? 4 : 2, 17;

	return $r->ask('EVAL', Aicost::Redis::script('control'), 1, $M,
		"\x02$epoch\0\0$what");
}

###############################################################################
