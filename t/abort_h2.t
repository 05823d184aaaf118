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
$t->plan(8);

my $port = port(8081);

$t->gateway(sim => { tokens => 30, slow => 15 },
	server => "listen 127.0.0.1:$port http2;",
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

###############################################################################

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
