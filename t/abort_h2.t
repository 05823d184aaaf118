#!/usr/bin/perl

# Tests for HTTP/2 clients that leave a stream.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim curl http_v2/);
$t->has('curl with HTTP/2') if `curl -V` !~ /HTTP2/;
$t->plan();

my $port = port(8081);

$t->gateway(sim => { tokens => 30, slow => 15 },
	server => "listen 127.0.0.1:$port http2;
		location /off/ { aicost_pass premium; aicost_drain off;
			aicost_budget all all 10EUR/day; }",
	location => 'aicost_budget all all 10EUR/day;')->run();

# a whole answer first

my ($rc, $out) = curl('10');
is($rc, 0, 'an answer over HTTP/2');
like($out, qr/\[DONE\]/, 'is whole');

# curl gives up in the middle

($rc) = curl('0.15');
is($rc, 28, 'a client that gives up');

my ($whole, $left) = $t->ledger(2);
is($left->{settled}, 'usage', 'the usage is read all the same');
is($left->{cost}, $whole->{cost}, 'and paid');

is($t->status_now()->{open}, 0, 'nothing open');
is(nano($t->status_now()->{cost}), 2 * nano($whole->{cost}), 'paid once');
is(nano($left->{left}), 10_000_000_000 - 2 * nano($whole->{cost}),
	'in the account too');

# a stream that is cancelled before its answer, on a connection that stays

$t->sim_next($t->{sim_port}, 'hang');

my $seen = $t->sim_state($t->{sim_port})->{requests};
my $h2 = h2('/off/v1/chat/completions');
ok(wait_for { $t->sim_state($t->{sim_port})->{requests} > $seen },
	'a request that the provider has');
$h2->write(frame(3, 0, 1, pack 'N', 8));

my $cancelled = ($t->ledger(3))[2];
is($cancelled->{settled}, 'aborted', 'a cancelled stream is seen at once');
is($cancelled->{cost}, $cancelled->{reserved}, 'and paid as reserved');
is($t->status_now()->{open}, 0, 'nothing open');
$h2->write(frame(6, 0, 0, 'are you '));
ok($h2->read_until(qr/are you /), 'the connection stays');

###############################################################################

# a connection with a request on its first stream

sub h2 {
	my ($path) = @_;

	my $body = encode_json({ model => 'auto', max_tokens => 50,
		messages => [{ role => 'user', content => 'hello' }] });
	my @headers = (':method' => 'POST', ':scheme' => 'http',
		':authority' => 'localhost', ':path' => $path,
		'content-type' => 'application/json',
		authorization => 'Bearer ' . consumer_key('bot'));
	my $block = '';

	while (my ($name, $value) = splice @headers, 0, 2) {
		$block .= pack 'C C/a C/a', 0, $name, $value;
	}

	return http_begin("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
		. frame(4, 0, 0, '') . frame(1, 4, 1, $block)
		. frame(0, 1, 1, $body), -port => $port);
}


sub frame {
	my ($type, $flags, $stream, $bytes) = @_;

	return substr(pack('N', length $bytes), 1)
		. pack('C C N', $type, $flags, $stream) . $bytes;
}


sub curl {
	my ($time) = @_;

	return $t->command('curl', '-sN', '--http2-prior-knowledge', '-m', $time,
		'-H', 'Authorization: Bearer ' . consumer_key('bot'),
		'-H', 'Content-Type: application/json', '-d',
		encode_json({ model => 'auto', max_tokens => 50, stream => \1,
			messages => [{ role => 'user', content => 'hello' }] }),
		"http://127.0.0.1:$port/v1/chat/completions");
}

###############################################################################
