#!/usr/bin/perl

# Tests for the stop button: aicost kill and resume, and who may press it.

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
	http => <<'CONF',

    server {
        listen 127.0.0.1:%%PORT_8091%%;

        location / {
            aicost_console token=file:%%TESTDIR%%/token;
        }
    }
CONF
	location => 'aicost_budget day $aicost_consumer 25EUR/day; '
		. 'aicost_budget all all 500EUR/day;')->run();

is(code(chat()), '200 ', 'goes');

# one account

is(run('kill', 'day', '--key', 'bot', '--why', 'loop'), '0 ', 'kill a key');
is(code(chat()), '403 kill_switch', 'stopped');
is(code(chat(as => 'other')), '200 ', 'others are not');
is(run('resume', 'day', '--key', 'bot'), '0 ', 'resume');
is(code(chat()), '200 ', 'goes again');

# all accounts of a budget, those with a key and the one without

for my $budget (qw/day all/) {
	is(run('kill', $budget), '0 ', "kill $budget");
	is(code(chat()), '403 kill_switch', 'stopped');
	is(code(chat(as => 'other')), '403 kill_switch', 'everybody');
	is(run('resume', $budget), '0 ', "resume $budget");
	is(code(chat()), '200 ', 'goes again');
}

# everything

is(run('kill', '--why', 'all of it'), '0 ', 'kill');
my $r = chat();
is(code($r), '403 kill_switch', 'stopped');
is($r->json()->{error}{message}, 'All AI traffic is stopped by the kill '
	. 'switch.', 'message');
is(code(chat(as => 'other')), '403 kill_switch', 'everybody');

my ($rc, $out) = $t->control('status', '--json');
my $status = decode_json($out);
ok($status->{kill_all}, 'status');
is($status->{kills}[0]{why}, 'all of it', 'and why');

is(run('resume'), '0 ', 'resume');
is(code(chat()), '200 ', 'goes again');

is(run('kill', 'nothing')  =~ /^0/, '', 'an unknown budget');

for my $line ('kill "day:*", why "loop"', 'resume "day:*"', 'kill "day"',
	'kill "all", why "all of it"', 'resume "all"')
{
	ok($t->wait_log(qr/aicost audit: \Q$line\E/), "audit: $line");
}

# who may

my %kill = (budget => undef, key => undef, why => '');
my $port = port(8090);
my $token = $Aicost::Test::OPERATOR;

is(api($port, 'POST', 'kill', 'wrong-token', \%kill), 401, 'wrong token');
is(api($port, 'POST', 'kill', undef, \%kill), 401, 'no token');
is(api($port, 'POST', 'kill', '', \%kill), 401, 'an empty token');
is(api($port, 'GET', 'status', 'wrong-token'), 401, 'wrong token, reading');
is(api($port, 'GET', 'status', $token), 200, 'token');
is(api(port(8091), 'GET', 'status', $token), 200, 'write=off may read');
is(api(port(8091), 'POST', 'kill', $token, \%kill), 403, 'and not write');
is(api(port(8091), 'POST', 'mode', $token, { mode => 'downgrade' }), 403,
	'nor change the mode');
is(code(chat()), '200 ', 'nothing is stopped');
is(api($port, 'POST', 'mode', $token, { mode => 'fast' }), 400, 'a bad mode');
is(api($port, 'POST', 'mode', $token, { mode => 'downgrade',
	share => '120%' }), 400, 'a bad share');
is(api($port, 'GET', 'nothing', $token), 404, 'nothing there');

like(scalar $t->conf_error('aicost_zone 16m; server { listen 127.0.0.1:1; '
	. 'location / { aicost_console write=on; } }'),
	qr/needs token=file:PATH/, 'no console without a token');

###############################################################################

sub run {
	my ($rc, undef, $err) = $t->control(@_);

	return "$rc $err";
}


sub api {
	my ($port, $method, $path, $token, $body) = @_;

	return $t->console($port, $method, "/api/$path", $token, $body)
		->status();
}

###############################################################################
