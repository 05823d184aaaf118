#!/usr/bin/perl

# Tests for all at once: clients of every shape that read, read slowly, say
# half of it or leave at any byte, providers of every shape that fail in every
# way.  No worker dies, nothing stays held, and the sums are those of the log.
#
# TEST_CHAOS    requests a client (40)
# TEST_SEED     of what happens (1)

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Chaos;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my $COUNT = $ENV{TEST_CHAOS} // 40;
my $CLIENTS = 12;

$t->gateway(sim => { tokens => 12, keep => 4 }, prices => chaos_prices(),
	http => chaos_conf(), zone => '16m lease=2s',
	location => <<'CONF', server => <<'CONF2')->run();
            aicost_budget day $aicost_consumer 1000EUR/day;
            aicost_budget all all 1000EUR/day mode=upper;
            aicost_drain max=4 time=200ms;
CONF
        location /v1beta/ {
            aicost_pass premium;
            aicost_budget all all 1000EUR/day mode=upper;
            aicost_drain off;
        }
CONF2

my @before;
wait_for { @before = $t->workers(); @before == 2 };

my $did = chaos($t, $CLIENTS, $COUNT, $ENV{TEST_SEED} // 1);
diag(join ', ', map { "$did->{$_} $_" } sort keys %$did);

cmp_ok($did->{whole} // 0, '>', $CLIENTS * $COUNT / 10, 'many were answered');
cmp_ok($did->{left} // 0, '>', $CLIENTS * $COUNT / 8, 'many left');

# it settles: no provider waits for longer than its timeouts

ok(wait_for(sub { my $s = $t->status_now(); $s && $s->{open} == 0 }, 60),
	'nothing stays open');
is((metric($t->metrics_now(), 'aicost_reserved') // 0) + 0, 0,
	'nothing stays reserved');
is(join(' ', $t->workers()), join(' ', @before), 'the workers are the same');

# a line a request that was understood, and their sum is what was paid

my ($sum, $total);
wait_for {
	($sum, $total) = (0, 0);
	$sum += nano($_->{cost}) for $t->ledger();
	$total = nano(metric($t->metrics_now(), 'aicost_cost_total') // 0);
	$sum == $total;
};
is($sum, $total, 'what was paid is the sum of the log');
cmp_ok($sum, '>', 0, 'which is not nothing');

$t->sim_reset($t->{sim_port});
is(chat(model => 'premium')->status(), 200, 'and it serves');

###############################################################################
