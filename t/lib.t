#!/usr/bin/perl

# Tests for the tests' library itself, with a plain nginx.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;

###############################################################################

my $t = Aicost::Test->new(module => 0)->has(qw/http_ssl/)->plan(42);

$t->write_file_expand('nginx.conf', <<'EOF');

%%TEST_GLOBALS%%

events {
}

http {
    %%TEST_GLOBALS_HTTP%%

    include version.conf;

    server {
        listen       127.0.0.1:%%PORT_8080%%;
        server_name  localhost;

        location / {
            add_header X-Two one;
            add_header X-Two two;
            return 200 "$request_method $content_type $uri";
        }

        location /body {
            proxy_pass http://127.0.0.1:%%PORT_8081%%;
            proxy_http_version 1.1;
            proxy_buffering off;
        }

        location /version {
            return 200 "$version $pid";
        }

        location /empty {
            return 204;
        }
    }
}

EOF

$t->write_file('version.conf', 'map $host $version { default 1; }');

# an HTTP/1.1 peer that streams, for the client's sake

$t->run_daemon(\&stream_daemon, port(8081));
ok($t->waitforsocket(port(8081)), 'daemon');

$t->run();

# requests and answers

my $r = http_get('/x');
is($r->status(), 200, 'get');
is($r->body(), 'GET  /x', 'get body');
is($r->header('X-Two'), 'one, two', 'header joined');
is_deeply([$r->header('x-two')], ['one', 'two'], 'header values');
ok($r->complete(), 'complete');
is($r->json(), undef, 'not json');

is(http_post('/p', { a => 1 })->body(), 'POST application/json /p', 'post');
is(http_post('/p', 'x', 'Content-Type' => 'text/x')->body(),
	'POST text/x /p', 'post with type');
is(http_get('/empty')->status(), 204, 'no content');
ok(http_get('/empty')->complete(), 'no content complete');
is(http("GET / HTTP/1.0\r\n\r\n")->body(), 'GET  /', 'raw');
is(http("broken\r\n\r\n")->status(), 400, 'broken');

my $s = http_begin("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")->keep();
is($s->finish()->body(), 'GET  /1', 'first on a connection');
is($s->next("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")->body(), 'GET  /2',
	'second on a connection');

# streams

$r = http_get('/body/sse');
my @e = $r->events();
is(@e, 3, 'events');
is($e[0]{event}, 'first', 'event name');
is_deeply([$r->data()], [{ n => 1 }, { n => 2 }, '[DONE]'], 'data');
is_deeply([$r->comments()], ['hello'], 'comments');
ok($r->complete(), 'stream complete');

$s = http_begin('GET', '/body/hang', undef);
ok($s->read_until(qr/"n":1/), 'read until');
is($s->read_until(qr/never/, 0.05), undef, 'read until nothing');
ok(!$s->response()->complete(), 'not complete');
$s->abort();
ok($t->wait_log(qr/client prematurely closed|reset by peer/), 'abort');

ok(!http_get('/body/cut')->complete(), 'cut');

# clients at once

is_deeply([parallel(4, sub { http_get("/$_[0]")->body() })],
	[map { "GET  /$_" } 0 .. 3], 'parallel');
ok(!eval { parallel(2, sub { die "no\n" if $_[0]; 1 }) }, 'parallel dies');
like($@, qr/no/, 'parallel says why');

# reload

my ($old) = $t->workers();
ok($old, 'worker');
is(http_get('/version')->body(), "1 $old", 'before reload');

$t->replace_file('version.conf', 'map $host $version { default 2; }');
ok($t->reload(), 'reload');
like(http_get('/version')->body(), qr/^2 (?!$old\b)/, 'after reload');
ok($t->wait_old($old), 'old worker gone');

$t->replace_file('version.conf', 'nonsense;');
$t->expect_log(qr/unknown directive "nonsense"/);
ok(!$t->reload(), 'reload refused');

# configuration errors

my ($text, $rc) = $t->conf_error('nonsense on;');
like($text, qr/\[emerg\].*unknown directive "nonsense" in .*:\d+/,
	'conf error');
isnt($rc, 0, 'conf error code');
(undef, $rc) = $t->conf_error('map $host $ok { default 1; }');
is($rc, 0, 'conf right');

# metrics

my $m = metrics(<<'EOF');
# TYPE aicost_requests_total counter
aicost_requests_total{tier="cheap",reason="ok"} 3
aicost_requests_total{tier="local",reason="ok"} 4
aicost_store_up 1
EOF

is(metric($m, 'aicost_requests_total', reason => 'ok'), 7, 'metric sum');
is(metric($m, 'aicost_requests_total', tier => 'cheap'), 3, 'metric');
is(metric($m, 'aicost_store_up'), 1, 'metric without labels');
is(metric($m, 'aicost_none'), undef, 'no metric');

# the hidden tests can fail

{
	my $u = Aicost::Test->new(module => 0);
	$u->write_file('error.log', "x [alert] y\nz [crit] w\n");
	$u->write_file('planted.conf', 'sk-secret-planted');
	$u->expect_log(qr/w$/);
	$u->secret('sk-secret-planted');

	open my $fh, '>', $u->testdir() . '/run.log' or die;
	print $fh "sk-secret-planted\n==1==ERROR: AddressSanitizer: x\n";
	close $fh;

	is_deeply([$u->_alerts(), scalar($u->_leaks() =~ /run\.log has/),
		scalar($u->_leaks() =~ /planted\.conf/),
		scalar($u->_sanitizers() =~ /AddressSanitizer/)],
		['x [alert] y', 1, '', 1], 'hidden tests can fail');
}

###############################################################################

sub stream_daemon {
	my ($port) = @_;

	my $server = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
		LocalAddr => "127.0.0.1:$port", Proto => 'tcp')
		or die "cannot listen: $!\n";

	my $chunk = sub { sprintf "%x\r\n%s\r\n", length $_[0], $_[0] };

	while (my $c = $server->accept()) {
		$c->autoflush(1);
		my $head = '';

		while (defined(my $line = <$c>)) {
			$head .= $line;
			last if $line eq "\r\n";
		}

		my ($what) = $head =~ m!^GET /body/(\w+)! or next;

		if ($what eq 'cut') {
			print $c "HTTP/1.1 200 OK\r\nConnection: close\r\n"
				. "Content-Length: 10\r\n\r\nfive!";
			next;
		}

		print $c "HTTP/1.1 200 OK\r\nConnection: close\r\n"
			. "Content-Type: text/event-stream\r\n"
			. "Transfer-Encoding: chunked\r\n\r\n"
			. $chunk->("event: first\ndata: {\"n\":1}\n\n");

		if ($what eq 'hang') {
			# until the peer is gone
			read $c, my $byte, 1;
			next;
		}

		print $c $chunk->(": hello\n\ndata: {\"n\":2}\n\n"),
			$chunk->("data: [DONE]\n\n"), "0\r\n\r\n";
	}
}

###############################################################################
