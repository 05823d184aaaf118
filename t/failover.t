#!/usr/bin/perl

# Tests for failover: what fails before anything can be billed ends at the
# next provider, with its own path, Host, key and model.

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

# a provider for each fault, so that none is known to be down before

my %FAULTS = (
	'429' => 'rate_limited (429)', '500' => 'server_error (500)',
	'502' => 'server_error (502)', '503' => 'overloaded (503)',
	'529' => 'overloaded (529)', '401' => 'auth_failed (401)',
	'403' => 'auth_failed (403)', '402' => 'no_money (402)',
	'429quota' => 'no_money (429)', 'redirect' => 'redirected (301)',
);

my @FAULTS = (sort(keys %FAULTS), '400');
my %models;
my $http = <<'HTTP';
aicost_provider two http://127.0.0.1:%%PORT_9001%%/second/v2 api=openai
    key=file:%%TESTDIR%%/two;
aicost_provider gone http://127.0.0.1:%%PORT_9002%%/v1 api=openai;
aicost_provider lost http://no-such-name.invalid/v1 api=openai;
HTTP


for my $f (@FAULTS) {
	$http .= "aicost_provider f$f http://127.0.0.1:%%PORT_9000%%/$f/v1 "
		. "api=openai key=file:%%TESTDIR%%/one;\n"
		. "aicost_tier t$f f$f/sim-$f two/big;\n";
	$models{"f$f/sim-$f"} = price();
}

$http .= <<'HTTP';
aicost_tier refused gone/m two/big;
aicost_tier unresolved lost/m two/big;
aicost_tier six f500/sim-502 f502/sim-500 f503/sim-500 f529/sim-500
    f401/sim-500 two/big;
aicost_tier none f429/sim-500 f401/sim-502;
resolver 127.0.0.1:%%PORT_9003%%;
HTTP

$models{$_} = price() for qw{two/big gone/m lost/m f500/sim-502 f502/sim-500
	f503/sim-500 f529/sim-500 f401/sim-500 f429/sim-500 f401/sim-502};

$t->write_file('one', "key-of-the-first\n")
	->write_file('two', "key-of-the-second\n");
$t->secret('key-of-the-first', 'key-of-the-second');
$t->expect_log(qr/says it is out of money/);

my $second = $t->sim(port => 9001, tokens => 7);
$t->gateway(http => $http, prices => prices(%models))->run();
my $first = $t->{sim_port};

# each fault, and what the second provider gets then

my $n = 0;

for my $f (sort keys %FAULTS) {
	moves("t$f", "f$f/sim-$f $FAULTS{$f}", $FAULTS{$f} =~ /(\d+)/);

	my ($at) = grep { $_->{path} =~ m!^/\Q$f\E/! } $t->sim_log($first);
	is($at->{path}, "/$f/v1/chat/completions", "$f: the path at first");
	is($at->{headers}{authorization}, 'Bearer key-of-the-first',
		"$f: the key at first");
}

moves('refused', 'gone/m refused', 502);
moves('unresolved', 'lost/m unresolved', undef);

# the request itself is at fault: another provider would say so too

my $r = ask('t400');
is($r->status(), 400, 'bad request');
ok($r->json()->{error}{message}, 'the provider\'s own words');
is(scalar $t->sim_log($second), $n, 'nobody else is asked');

my $l = ($t->ledger($n + 1))[-1];
is($l->{attempts}, 'f400/sim-400 bad_request (400)', 'one attempt');
is(nano($l->{cost}), 0, 'and costs nothing');

# six in a row

$r = ask('six');
is($r->status(), 200, 'the sixth answers');
is($r->header('X-AICost-Model'), 'two/big', 'and is named');

$l = ($t->ledger($n + 2))[-1];
is($l->{upstream}, '502, 500, 500, 500, 500, 200', 'in order');
is(split(/, /, $l->{attempts}), 6, 'six attempts');

# nobody

$r = ask('none');
is(code($r), '502 all_providers_failed', 'all failed');
like($r->json()->{error}{message}, qr{f429/sim-500 server_error \(500\), f401/sim-502 server_error \(502\)},
	'each with its reason');
unlike($r->raw(), qr/key-of-the|hello/, 'without keys and words');

$l = ($t->ledger($n + 3))[-1];
is(nano($l->{cost}), 0, 'nothing to pay');
is($l->{settled}, 'not_billed', 'not billed');
is($t->status_now()->{open}, 0, 'nothing held back');

my @crit = $t->read_log() =~ /\[crit\].*provider "(\w+)" says/g;
is("@crit", 'f402 f429quota', 'who is out of money is told');

###############################################################################

sub price {
	return { input => '2', output => '10', context => 200000,
		max_output => 100000 };
}


# the client's bytes, spelled as no encoder would

sub body {
	my ($model) = @_;

	return qq({ "model" : "$model",\n"max_tokens":50, "temperature": 1.0,)
		. qq("user":"\\u00e9","messages":[{"role":"user","content":)
		. qq("hello"}] });
}


sub ask {
	my ($tier) = @_;

	return http_post('/v1/chat/completions', body($tier),
		Authorization => 'Bearer ' . consumer_key('bot'));
}


sub moves {
	my ($tier, $attempt, $status) = @_;

	my $r = ask($tier);
	is($r->status(), 200, "$tier: answered");
	is($r->header('X-AICost-Model'), 'two/big', "$tier: by the second");

	my $l = ($t->ledger(++$n))[-1];
	is($l->{attempts}, "$attempt, two/big ok (200)", "$tier: attempts");
	is($l->{upstream}, defined $status ? "$status, 200" : '200',
		"$tier: upstream status");
	is(nano($l->{cost}), 2000 * $l->{in} + 10000 * 7, "$tier: cost");

	my @log = $t->sim_log($second);
	is(@log, $n, "$tier: asked once");

	my $at = $log[-1];
	is($at->{path}, '/second/v2/chat/completions', "$tier: path");
	is($at->{host}, '127.0.0.1:' . port(9001), "$tier: Host");
	is($at->{headers}{authorization}, 'Bearer key-of-the-second',
		"$tier: key");
	is($at->{body}, body('big'), "$tier: the client's bytes");
}

###############################################################################
