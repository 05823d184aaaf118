#!/usr/bin/perl

# Tests for the circuit breaker and max_conns=: shared by the workers, over
# when they should be, no slot lost with a worker that dies.

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
my %models = map { $_ => { input => '2', output => '10', context => 200000,
	max_output => 100000 } } qw(one/a one/b one/c two/m few/m);

my $second = $t->sim(port => 9001, tokens => 7);

$t->gateway(prices => prices(%models), http => <<'HTTP')->run();
aicost_provider one http://127.0.0.1:%%PORT_9000%%/v1 api=openai;
aicost_provider few http://127.0.0.1:%%PORT_9000%%/v1 api=openai max_conns=1;
aicost_provider two http://127.0.0.1:%%PORT_9001%%/v1 api=openai;
aicost_tier five one/a two/m;
aicost_tier wait one/b two/m;
aicost_tier broke one/c two/m;
aicost_tier few few/m two/m;
aicost_tier only few/m;
HTTP

my $first = $t->{sim_port};
my $n = 0;

$t->expect_log(qr/says it is out of money|exited on signal 9/);

# opens after five failures in a row, whatever worker saw them

$t->sim_next($first, ('500') x 4, 'ok', ('500') x 5);

my @how = map { attempts('five') } 1 .. 10;
is((grep { /^one\/a server_error/ } @how), 9, 'nine failures');
is($how[4], 'one/a ok (200)', 'a good answer between them');

my %pids;
$pids{$_->{pid}} = 1 for $t->ledger($n);
note(keys(%pids) . ' workers saw them');

is_deeply([ map { attempts('five') } 1 .. 8 ],
	[ ('two/m ok (200)') x 8 ], 'open for all');
is(attempts('wait'), 'one/b ok (200)', 'another model of it is not');

# Retry-After is honoured, then it is asked again

$t->sim_next($first, '429=2');
my $at = Time::HiRes::time();
is(attempts('wait'), 'one/b rate_limited (429), two/m ok (200)', 'slow down');
is(attempts('wait'), 'two/m ok (200)', 'not asked now');
ok(wait_for(sub { attempts('wait') eq 'one/b ok (200)' }), 'asked again');
cmp_ok(Time::HiRes::time() - $at, '>=', 1.9, 'not before it said');

# out of money: out of rotation

$t->sim_next($first, '429quota');
is(attempts('broke'), 'one/c no_money (429), two/m ok (200)', 'no money');
is(attempts('broke'), 'two/m ok (200)', 'not retried');
is(scalar(() = $t->read_log() =~ /\[crit\].*out of money/g), 1, 'told once');

# max_conns=1: the next one takes over while a call is open

$t->sim_next($first, 'slow=100+tokens=20');
my $s = busy();
is(attempts('few'), 'few/m max_conns, two/m ok (200)', 'overflow');
is(attempts('only'), 'few/m max_conns', 'or nobody');
$s->finish();
$n++;
is(attempts('few'), 'few/m ok (200)', 'free again');

# a client that leaves frees it

$t->sim_next($first, 'slow=20');
$s = busy();
$s->abort();
$n++;
$t->ledger($n);
is(attempts('few'), 'few/m ok (200)', 'free after a client left');

# a worker that dies with the connection, before and after a reload

for my $reload (0, 1) {
	$t->sim_next($first, 'slow=1000');
	$s = busy();
	my @old = $t->workers();
	$t->reload() if $reload;
	kill 'KILL', @old;
	wait_for { !grep { kill 0, $_ } @old };
	ok(wait_for(sub { attempts('few') eq 'few/m ok (200)' }),
		'free after a worker died' . ($reload ? ', an old one' : ''));
}

###############################################################################

sub attempts {
	my ($tier) = @_;

	eval { chat(model => $tier) } or return '';
	$n++;

	return ($t->ledger($n))[-1]{attempts};
}


sub busy {
	my $s = http_begin(chat_raw(model => 'few', stream => \1,
		headers => { Connection => 'close' }));
	$s->read_until(qr/data: /);

	return $s;
}

###############################################################################
