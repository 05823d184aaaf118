#!/usr/bin/perl

# Tests for names that come from tokens: long values, dots, bytes that are no
# text, as user, session, use case and key of a budget; none of them is told.

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

# one call of 50 tokens costs 0.000504: there is room for one

$t->gateway(sim => { tokens => 50 },
	zone => '16m state=%%TESTDIR%%/state',
	consumers => { map { $_ => { use_case => 'own' } } qw/bot two three/ },
	http => <<'CONF',
    map $http_authorization $bearer {
        default            '';
        "~^Bearer (?<k>.+)$"  $k;
    }
CONF
	server => <<'CONF');
        location /user/ {
            aicost_pass premium;
            aicost_user $http_x_jwt;
            aicost_budget user $aicost_user 0.0006EUR/day;
        }

        location /raw/ {
            aicost_pass premium;
            aicost_budget raw $http_x_jwt 0.0006EUR/day share=premium:90%;
        }

        location /bearer/ {
            aicost_pass premium;
            aicost_user $bearer;
            aicost_session $bearer;
            aicost_budget bearer $bearer 1EUR/day warn=0.01% kill=0.02%;
            aicost_budget who $aicost_user 0.001EUR/day warn=10%;
        }

        location /session/ {
            aicost_pass premium;
            aicost_user $http_x_user;
            aicost_session $http_x_jwt;
            aicost_budget visit $aicost_session 0.001EUR/session;
            aicost_budget any $aicost_consumer 1EUR/day;
        }

        location /case/ {
            aicost_pass premium;
            aicost_use_case $http_x_jwt;
            aicost_budget case $aicost_use_case 0.0006EUR/day;
        }
CONF
$t->run();

my $jwt = 'eyJhbGciOiJSUzI1NiJ9.' . 'eyJzdWIiOiJtYXJpZSJ9' x 12 . '.'
	. 'Zm9vYmFy-_' x 20;

$t->secret($jwt, consumer_key('bot'), consumer_key('two'),
	'Zm9vYmFy-_Zm9vYmFy-_', 'eyJzdWIiOiJtYXJpZSJ9eyJ');

# each value is an account of its own, to the last byte

for my $where (qw/user raw case/) {
	one("$where: a token", $where, $jwt);
	one("$where: another signature", $where, "${jwt}x");
	one("$where: a part of it", $where, substr $jwt, 0, 200);
	one("$where: dots", $where, 'a.b.c');
	one("$where: one dot less", $where, 'a.b');
	one("$where: bytes", $where, "\x01\x7f\x80\xc3\xff\xfe");
	one("$where: another byte", $where, "\x01\x7f\x80\xc3\xff\xfd");
	one("$where: quotes", $where, 'a"b\\c\'{}');
	one("$where: 512 bytes", $where, 'u' x 512);
	one("$where: 512 bytes, another last", $where, 'u' x 511 . 'v');
}

# above the cap a user is nobody, who shares one account; a key of a budget is
# taken as long as it is, its share of a tier by its first 512 bytes

one('user: 513 bytes', 'user', 'u' x 513);
is(ask('user', 'w' x 513), '402 budget_exceeded', 'user: as all too long ones');
is(ask('user', undef), '402 budget_exceeded', 'user: as none');

one('raw: 513 bytes', 'raw', 'k' x 513);
is(ask('raw', 'l' x 7000), '200 ', 'raw: 7000 bytes');

# a use case above the cap is the consumer's own

one('case: 513 bytes', 'case', 'u' x 513);
is(ask('case', undef), '402 budget_exceeded', 'case: as the own one');

# sessions: of user and name, which do not run into each other

for ([undef, $jwt], [undef, "$jwt."], ['a.b', 'c'], ['a', 'b.c'], ['a.', 'b.c'],
	["\xff", "\xfe"], ["\xff\xfe", "\xff"], ['u' x 512, 's' x 512])
{
	my ($user, $session) = @$_;
	my $name = 'session: ' . join ' of ', map { defined $_
		? length($_) . ' bytes' : 'nobody' } $session, $user;

	is(ask('session', $session, $user), '200 ', $name);
	is(ask('session', $session, $user), '402 budget_exceeded',
		"$name, spent");
}

is(ask('session', 's' x 513, 'long'), '200 ', 'session: 513 bytes is none');
is(ask('session', 's' x 513, 'long'), '200 ', 'which holds for a request');

# from the credential itself: one a key, marks and the latch do not tell it

is(ask('bearer', undef, undef, 'bot'), '200 ', 'bearer: one');
is(ask('bearer', undef, undef, 'two'), '200 ', 'bearer: another');
is(ask('bearer', undef, undef, 'bot'), '403 kill_switch', 'bearer: stopped');
is(ask('bearer', undef, undef, 'three'), '200 ', 'bearer: not the others');

ok($t->read_log() =~ /passed its warning mark/, 'a warning is in the log');

my $kills = $t->status_now()->{kills};
my $said = encode_json($kills);
ok(scalar @$kills, 'a latch is on');
ok(index($said, consumer_key($_)) < 0, 'which does not say the key')
	for qw/bot two three/;

# no user and no session is in the metrics; a use case is, as a label

my $metrics = http_get('/metrics', -port => port(8090))->body();
my @lines = grep { !/^#/ } split /\n/, $metrics;

is(join("\n", grep { !/^\w+(?:\{(?:\w+="(?:[^"\\]|\\["\\n])*",?)*\})? [\d.e+-]+$/ }
	@lines), '', 'the metrics are well formed');
ok(index($metrics, $_) < 0, 'a user is not in them')
	for 'k' x 60, 'l' x 60, consumer_key('bot');

my %series;
$series{s/ \S+$//r}++ for @lines;
is((grep { $_ > 1 } values %series), 0, 'each series stands there once');

wait_for { -s $t->testdir() . '/state/journal' };

###############################################################################

sub ask {
	my ($where, $jwt, $user, $as) = @_;

	return code(chat(uri => "/$where/v1/chat/completions",
		as => $as // 'bot', headers => {
			defined $jwt ? ('X-JWT' => $jwt) : (),
			defined $user ? ('X-User' => $user) : () }));
}


# room for one call

sub one {
	my ($name, @ask) = @_;

	is(ask(@ask), '200 ', $name);
	is(ask(@ask), '402 budget_exceeded', "$name, spent");
}

###############################################################################
