#!/usr/bin/perl

# Tests for prices that hold at some hours only: they are what is reserved, and
# what is paid in those hours; outside of them their share.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my %price = (input => '2', output => '10', cached => '1');

# an hour from now until two hours from now is not now

my $later = clock(time() + 3600) . '-' . clock(time() + 7200);

$t->gateway(sim => { tokens => 7 },
	prices => prices(
		'sim/always' => \%price,
		'sim/peak' => { %price, peak => { otherwise => '25%',
			hours => ['00:00-24:00'] } },
		'sim/other' => { %price, peak => { otherwise => '25%',
			hours => [$later] } },
		'sim/odd' => { %price, peak => { otherwise => '33.3333%',
			hours => [$later] } },
	),
	http => join('', map { "aicost_tier $_ sim/$_;\n" }
		qw/always peak other odd/),
	pass => 'always',
	location => 'aicost_budget day all 1EUR/day;')->run();

my %cost = map { $_ => paid($_) } qw/always peak other odd/;
my %held = map { $_->{tier} => $_->{reserved} } $t->ledger(4);

ok($cost{always} > 0, 'a price');
is($cost{peak}, $cost{always}, 'all of it in the hours');
is($cost{other} * 4, $cost{always}, 'a quarter at other times');
is($cost{odd}, least($cost{always} * 333_333, 1_000_000),
	'of a third the last nano is paid');
is($held{$_}, $held{always}, "$_: reserved as dear as it may be")
	for qw/peak other odd/;

my $left = nano(chat(model => 'always')->header('X-AICost-Budget-Left'));
my $sum = 0;
$sum += nano($_->{cost}) for $t->ledger(5);
is($left, 1_000_000_000 - $sum, 'and the budget has what was paid');

# what was delivered of a stream that was cut

$t->sim_next($t->{sim_port}, 'cut=3', 'cut=3');
my @cut = map { paid($_, stream => \1) } qw/always other/;
ok($cut[0] > 0 && $cut[1] * 4 - $cut[0] < 4 && $cut[1] * 4 >= $cut[0],
	'of what was delivered as well');

###############################################################################

sub clock {
	my (undef, $min, $hour) = gmtime $_[0];

	return sprintf '%02d:%02d', $hour, $min;
}


sub paid {
	my ($model, @more) = @_;
	my $n = $t->ledger();

	chat(model => $model, @more);
	my $line = ($t->ledger($n + 1))[$n];

	return nano($line->{cost});
}


sub least {
	my ($n, $of) = @_;

	return int(($n + $of - 1) / $of);
}

###############################################################################
