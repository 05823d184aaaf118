#!/usr/bin/perl

# Tests for budgets with mode=estimate: overshoot within the published bound.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan(9);

# 2,000 tokens of input that the provider writes to its cache, at twice the
# price: nobody can know that before

$t->gateway(sim => { tokens => 10, latency => 2500, keep => 4096,
		fault => '100%:write=2000' },
	prices => prices('sim/big' => { input => '2', output => '10',
		cache_write => '4', context => 200000, max_output => 1000 }),
	location => 'aicost_budget day $aicost_consumer 0.16EUR/day; '
		. 'aicost_output min=10;')->run();

my $LIMIT = 160_000_000;
my $text = 'invoice ' x 1000;

# all at once, and the figures while they are in flight

my $clients = $t->run_daemon(sub {
	parallel(32, sub {
		chat(content => $text, max_tokens => 10)->status();
	});
});

my $m;

wait_for {
	$m = $t->metrics_now();
	($t->sim_state($t->{sim_port})->{open} || 0) >= 32
		|| $t->sim_state($t->{sim_port})->{requests} >= 32;
};

$m = $t->metrics_now();
my $bound = nano(metric($m, 'aicost_overshoot_bound', budget => 'day'));
my $reserved = nano(metric($m, 'aicost_reserved', budget => 'day'));

cmp_ok($bound, '>', 0, 'a bound is published');
cmp_ok($reserved, '>', 0, 'and what is reserved');
cmp_ok($reserved, '<=', $LIMIT, 'not more than the limit');

my @ledger = $t->ledger(32);
my ($sum, $over) = (0, 0);

for my $l (@ledger) {
	my $gap = nano($l->{cost}) - nano($l->{reserved});
	$sum += nano($l->{cost});
	$over += $gap if $gap > 0;
}

is((grep { $_->{status} == 200 } @ledger), 32, 'all of them went');
cmp_ok($sum, '>', $LIMIT, 'they cost more than the budget');
cmp_ok($over, '<=', $bound, 'by no more each than the bound');
cmp_ok($sum - $LIMIT, '<=', $bound, 'nor all together');

is(code(chat(max_tokens => 10)), '402 budget_exceeded', 'spent');
is(nano(metric($t->metrics_now(), 'aicost_overshoot_bound',
	budget => 'day')), 0, 'nothing in flight, nothing to overshoot');

###############################################################################
