#!/usr/bin/perl

# Tests for windows of budgets, tokens, and the time zone they follow.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan(19);

$t->gateway(sim => { tokens => 50 },
	http => 'aicost_timezone Asia/Kolkata; aicost_output min=50;',
	server => join('', map { "location /$_/ { aicost_pass premium; "
		. "aicost_budget $_ all 0.0006EUR/$_; }\n" }
		qw/minute hour day week month/) . <<'CONF',

        location /tokens/ {
            aicost_pass premium;
            aicost_budget tokens $aicost_consumer 100t/hour;
        }
CONF
	)->run();

# days begin at the local midnight; an hour is an hour of UTC, so that a
# change of the clocks leaves it alone

my $offset = 19800;

my %left = (
	minute => sub { 60 - $_[0] % 60 },
	hour => sub { 3600 - $_[0] % 3600 },
	day => sub { 86400 - ($_[0] + $offset) % 86400 },
	week => sub { 604800 - ($_[0] + $offset - 4 * 86400) % 604800 },
);

for my $period (qw/minute hour day week/) {
	my ($r, $before, $after) = spend($period);

	is(code($r), '402 budget_exceeded', "$period is spent");
	my ($s) = $r->json()->{error}{message} =~ /resets in (\d+) s/;
	my ($most, $least) = map { $left{$period}->($_) } $before, $after;
	cmp_ok($s, '<=', $most + 1, "$period: not later");
	cmp_ok($s, '>=', $least - 1, "$period: not earlier");
}

my ($r) = spend('month');
is(code($r), '402 budget_exceeded', 'month is spent');

# a token budget is a rate: 429, with the time until the window's end

is(code(ask('tokens')), '200 ', 'tokens');
my $before = time();
$r = ask('tokens');
my $after = time();
is(code($r), '429 rate_limit_exceeded', 'no tokens are left');
like($r->json()->{error}{message},
	qr/^Token budget "tokens" has 48 of 100 tokens left/, 'message');
my $retry = $r->header('Retry-After');
cmp_ok($retry, '<=', $left{hour}->($before) + 1, 'Retry-After');
cmp_ok($retry, '>=', $left{hour}->($after) - 1, 'to the second');
is($r->header('x-should-retry'), $retry > 60 ? 'false' : undef,
	'x-should-retry');

###############################################################################

# the refusal after the first call of a window, and the time around it

sub spend {
	my ($period) = @_;

	for (1 .. 3) {
		ask($period);
		my $before = time();
		my $r = ask($period);
		return ($r, $before, time()) if $r->status() == 402;
	}
}


sub ask {
	my ($where) = @_;

	return chat(uri => "/$where/v1/chat/completions");
}

###############################################################################
