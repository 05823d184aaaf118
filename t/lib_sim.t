#!/usr/bin/perl

# Tests for the simulated provider as the tests' library drives it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;

###############################################################################

my $t = Aicost::Test->new(module => 0)->has(qw/sim openssl/)->plan(17);

my ($port, $tls) = $t->sim(tls => 1, tokens => 5);

my $r = chat(model => 'm');
is($r->status(), 200, 'answer');
is($r->json()->{usage}{completion_tokens}, 5, 'usage');

$r = chat(model => 'm', stream => \1);
cmp_ok(scalar $r->events(), '>', 3, 'events');
is(($r->data())[-1], '[DONE]', 'end of a stream');

$t->sim_next($port, '429', 'ok');
is(chat(model => 'm')->status(), 429, 'fault');
is(chat(model => 'm')->status(), 200, 'no fault');

my @log = $t->sim_log($port);
is(@log, 4, 'log');
is($log[0]{path}, '/v1/chat/completions', 'log path');
is($log[0]{headers}{authorization}, 'Bearer sk-test', 'log header');
is($log[2]{status}, 429, 'log status');

my $s = http_begin('POST', '/v1/chat/completions', { model => 'sim-slow=20',
	stream => \1, messages => [] }, -port => $port);
ok($s->read_until(qr/data: /), 'stream begins');
$s->abort();
ok(($t->sim_wait($port, 5))[4]{aborted}, 'stream aborted');

$t->sim_reset($port);
is($t->sim_state($port)->{requests}, 0, 'reset');

my ($cert) = $t->certificate();
$t->write_file('request', "GET /v1/models HTTP/1.0\r\nHost: a\r\n\r\n");
my ($rc, $out) = $t->stdin('request')->command('openssl', 's_client', '-quiet',
	'-verify_return_error', '-verify_hostname', 'localhost',
	'-CAfile', $cert, '-connect', "127.0.0.1:$tls");
is($rc, 0, 'tls');
like($out, qr/"data"/, 'tls answer');
ok(($t->sim_log($port))[0]{tls}, 'tls in the log');

$t->sim_stop($port);
ok(!eval { chat(model => 'm') }, 'stopped');

###############################################################################

sub chat {
	my (%ask) = @_;

	return http_post('/v1/chat/completions',
		{ messages => [{ role => 'user', content => 'hello' }], %ask },
		-port => $port, Authorization => 'Bearer sk-test');
}

###############################################################################
