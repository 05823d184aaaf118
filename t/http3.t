#!/usr/bin/perl

# Tests for clients of HTTP/3: answers, streams, those that leave.  nginx has
# it from 1.25 on, where it was built with it.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use IPC::Open2;

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Clients;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim openssl http_v3/);
my $python = $t->python("$FindBin::Bin/clients/http3.txt");
$t->plan();

my ($cert, $key) = $t->certificate();
my $port = port(8443);
my $DAY = 'aicost_budget all all 10EUR/day;';

$t->gateway(sim => { tokens => 30, keep => 64 }, location => $DAY,
	server => <<"CONF")->run();
        listen 127.0.0.1:$port quic reuseport;
        ssl_certificate $cert;
        ssl_certificate_key $key;

        location /off/ { aicost_pass premium; $DAY aicost_drain off; }
CONF

my $sim = $t->{sim_port};
my $n = 0;
my ($in, $out, $client);

client();

# answers

my $r = ask(content => 'a question');
is($r->{status}, 200, 'an answer') or diag($r->{body});
ok(decode_json($r->{body})->{usage}, 'is whole');
is($r->{headers}{'x-aicost-model'}, 'sim/big', 'with its headers');
like($r->{headers}{'x-aicost-cost'}, qr/^0\.0\d+ EUR$/, 'and its cost');
is(read_by_sim(), 'a question', 'the body reached the provider');
is(settled()->{settled}, 'usage', 'settled');

# sizes around the buffers of QUIC and nginx

for my $size (1000, 20_000, 200_000, 900_000) {
	my $text = substr 'word ' x ($size / 5 + 1), 0, $size;

	is(ask(content => $text)->{status}, 200, "$size bytes");
	settled();

	is(ask(uri => '/v1/none', content => $text)->{status}, 404,
		'one that nobody reads');
	settled();
}

is(say_to('ask', '/v1/chat/completions', '')->{status}, 400, 'an empty body');
settled();

# streams

$r = ask(stream => \1);
is($r->{status}, 200, 'a stream');
like($r->{body}, qr/: aicost cost=.*\[DONE\]\s*\z/s, 'is whole');
my $whole = settled();
is($whole->{settled}, 'usage', 'settled');

# one that is cancelled in its midst: drained, and paid in full

$t->sim_next($sim, 'slow=15');
begin(stream => \1);
say_to('read', 'delta');
say_to('cancel');
my $left = settled();
is($left->{settled}, 'usage', 'a stream cancelled in its midst is drained');
is($left->{cost}, $whole->{cost}, 'and paid');

# before its answer, by a client that stays or goes; with the connection go its
# calls, drained or not

my %at = (cancel => '/off/v1/chat/completions',
	close => '/v1/chat/completions');

for my $how (qw/cancel close/) {
	$t->sim_next($sim, 'hang');
	my $seen = $t->sim_state($sim)->{requests};
	begin(uri => $at{$how});
	ok(wait_for { $t->sim_state($sim)->{requests} > $seen },
		"$how: a request that the provider has");
	say_to($how);

	$left = settled();
	is($left->{settled}, 'aborted', "$how: is seen at once");
	is($left->{cost}, $left->{reserved}, "$how: and paid as reserved");
	is($t->status_now()->{open}, 0, "$how: nothing open");
}

waitpid $client, 0;
client();
is(ask()->{status}, 200, 'another connection');
close $out;
waitpid $client, 0;

###############################################################################

sub client {
	local $ENV{KEY} = consumer_key('bot');

	$client = open2($in, $out, $python, "$FindBin::Bin/clients/http3.py",
		$port, $cert);
}


sub say_to {
	print $out "@_\n";
	my $line = <$in> // die "the client is gone\n";

	return decode_json($line);
}


sub request {
	my ($word, %ask) = @_;
	my $uri = delete $ask{uri} // '/v1/chat/completions';

	return say_to($word, $uri, encode_json({ model => 'auto',
		max_tokens => 50, messages => [ { role => 'user',
			content => delete $ask{content} // 'hello' } ], %ask }));
}


sub ask {
	return request('ask', @_);
}


sub begin {
	return request('begin', @_);
}


sub settled {
	$n++;
	return ($t->ledger($n))[$n - 1];
}


sub read_by_sim {
	my ($last) = reverse $t->sim_log($sim);

	return decode_json($last->{body})->{messages}[0]{content};
}

###############################################################################
