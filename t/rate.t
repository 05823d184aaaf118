#!/usr/bin/perl

# Tests for aicost_rate: GCRA, refused at once, the exact time to wait.

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

$t->gateway(sim => { tokens => 5 },
	consumers => { bot => {}, other => {} },
	server => <<'CONF',

        location /one/ {
            aicost_pass cheap;
            aicost_rate one $aicost_consumer 6r/m;
        }

        location /burst/ {
            aicost_pass cheap;
            aicost_rate burst $aicost_consumer 2r/m burst=3;
        }

        location /hour/ {
            aicost_pass cheap;
            aicost_rate hour $http_x_key 4r/h burst=1;
        }

        location /two/ {
            aicost_pass cheap;
            aicost_rate wide $aicost_consumer 6r/m burst=10;
            aicost_rate tight $aicost_net 1r/m;
        }

        location /ip/ {
            aicost_pass cheap;
            aicost_rate ip $aicost_net 1r/m;
        }

        location /dry/ {
            aicost_pass cheap;
            aicost_dry_run on;
            aicost_rate dry $aicost_consumer 1r/m;
        }

        location /fast/ {
            aicost_pass cheap;
            aicost_rate fast $aicost_consumer 20r/s;
        }
CONF
	)->run();

# 6 a minute: one, then ten seconds

my $start = time();
is(code(ask('one')), '200 ', 'the first');
my $r = ask('one');
is(code($r), '429 rate_limit_exceeded', 'the second at once');
between($r, 10, $start, 'ten seconds');
is($r->header('x-should-retry'), undef, 'worth a retry');
is($r->header('X-AICost-Reason'), 'rate_limit_exceeded', 'reason');
is($r->json()->{error}{message}, 'Rate "one" is exceeded.', 'message');
is(code(ask('one', as => 'other')), '200 ', 'another key');

# a refusal costs nothing: the time to wait only falls

my $again = ask('one')->header('Retry-After');
cmp_ok($again, '<=', $r->header('Retry-After'), 'refusals do not add up');

# burst: three more at once, then thirty seconds each

$start = time();
is(code(ask('burst')), '200 ', "burst $_") for 1 .. 4;
$r = ask('burst');
is(code($r), '429 rate_limit_exceeded', 'and no more');
between($r, 30, $start, 'thirty seconds');
is($r->header('x-should-retry'), undef, 'thirty seconds are a wait');

# four an hour: a quarter of an hour is too long to wait for

$start = time();
is(code(ask('hour', 'a')), '200 ', "hour $_") for 1 .. 2;
$r = ask('hour', 'a');
is(code($r), '429 rate_limit_exceeded', 'an hour\'s rate');
between($r, 900, $start, 'fifteen minutes');
is($r->header('x-should-retry'), 'false', 'not worth a retry');
is(code(ask('hour', 'b')), '200 ', 'another key');
is(code(ask('hour')), '200 ', 'without a key there is no rate') for 1 .. 4;

# the tighter one refuses, and the other one does not count it

is(code(ask('two')), '200 ', 'two rates');
$r = ask('two');
is($r->json()->{error}{message}, 'Rate "tight" is exceeded.', 'the tighter');

my ($sent, $served) = ($t->sim_state($t->{sim_port})->{requests}, 0);
wait_for { ($served = grep { $_->{status} == 200 } $t->ledger()) >= $sent };
is($sent, $served, 'what is refused is not sent');

# by address

is(code(ask('ip')), '200 ', 'an address');
is(code(ask('ip', as => 'other')), '429 rate_limit_exceeded',
	'whoever it is');

# dry run: said, not done

is(code(ask('dry')), '200 ', 'dry run');
$r = ask('dry');
is(code($r), '200 ', 'dry run beyond the rate');
like($r->header('X-AICost-Reason'), qr/rate_limit_exceeded_dry_run/,
	'and says so');

# what was waited for is granted

is(code(ask('fast')), '200 ', 'fast');
ok(wait_for { ask('fast')->status() == 200 }, 'and again');

###############################################################################

sub ask {
	my ($where, @how) = @_;
	my $key = @how % 2 ? shift @how : undef;

	return chat(uri => "/$where/v1/chat/completions", model => 'cheap',
		headers => defined $key ? { 'X-Key' => $key } : {}, @how);
}


# rounded up, less what has passed since the first request was sent

sub between {
	my ($r, $wait, $start, $name) = @_;

	my $retry = $r->header('Retry-After') // 0;
	my $passed = time() - $start;

	ok($retry <= $wait && $retry >= $wait - $passed - 1, $name)
		or diag("Retry-After $retry after $passed s");
}

###############################################################################
