#!/usr/bin/perl

# Tests for budgets with mode=upper: 64 clients, two workers, no overshoot.

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

# 100 tokens asked at most, 60 given: 0.000604 reserved, 0.000504 paid

my $MEAN = 604_000;
my $LIMIT = 200 * $MEAN;

$t->gateway(sim => { tokens => 60, keep => 4096 },
	location => 'aicost_budget day $aicost_consumer 0.1208EUR/day '
		. 'mode=upper; aicost_output min=10;')->run();

my @done = parallel(64, sub {
	my ($i) = @_;
	my $s = Aicost::Http::Stream->new()->keep();
	my ($cost, %seen) = (0);

	for my $k (1 .. 12) {
		my $r = $s->next(chat_raw(
			max_tokens => 20 + ($i * 7 + $k * 13) % 81));
		$seen{code($r)}++;
		$cost += nano(scalar $r->header('X-AICost-Cost')) // 0
			if $r->status() == 200;
	}

	return { cost => $cost, seen => \%seen };
});

my ($cost, %seen) = (0);

for my $d (@done) {
	$cost += $d->{cost};
	$seen{$_} += $d->{seen}{$_} for keys %{ $d->{seen} };
}

is(join(',', sort keys %seen), '200 ,402 budget_exceeded', 'answers');
cmp_ok($cost, '<=', $LIMIT, 'never above the limit');

# alone: until there is no room for the least output

my $r;

for (1 .. 200) {
	$r = chat(max_tokens => 100);
	last if $r->status() != 200;
	$cost += nano(scalar $r->header('X-AICost-Cost'));
}

is(code($r), '402 budget_exceeded', 'refused with nothing in flight');
cmp_ok($cost, '<=', $LIMIT, 'still not above the limit');
cmp_ok($cost, '>=', 0.9 * $LIMIT, 'and nine tenths of it are spent');

my @ledger = $t->ledger();
my ($sum, $over, %pids) = (0, 0);

for my $l (@ledger) {
	$sum += nano($l->{cost});
	$over++ if nano($l->{cost}) > nano($l->{reserved});
	$pids{$l->{pid}} = 1 if $l->{status} == 200;
}

is($sum, $cost, 'what answers say is what is logged');
is($over, 0, 'no call costs more than its reservation');
is(keys %pids, 2, 'both workers');

my @caps = map { decode_json($_->{body})->{max_tokens} }
	$t->sim_log($t->{sim_port});
ok((grep { $_ < 100 && $_ >= 10 } $caps[-1]),
	'the last one had what was left as its cap');

###############################################################################
