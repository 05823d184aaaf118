#!/usr/bin/perl

# Tests for the bytes of an answer: the client gets what the provider sent,
# less the usage chunk it did not ask for and with the cost before the end.

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

$t->gateway(sim => { tokens => 12 }, location => 'aicost_answer_buffer 8k;')
	->run();

my $port = $t->{sim_port};
my $asked = 0;
my $comment = qr/:[ ]aicost[ ]cost=\d+\.\d+[ ]currency=EUR
	[ ]tokens_in=\d+[ ]tokens_out=\d+\n\n/x;
my $end = qr/\r\n|\n|\r/;

# streams

for my $fault ('tokens=12', 'crlf', 'cr', 'blank', 'crlf+blank', 'oneb',
	'oneb+crlf', 'oneb+cr', 'toolcall', 'usagetwice', 'midusage',
	'noblank', 'tokens=1', 'tokens=3000', 'bigevent=60000',
	'bigevent=70000', 'bigevent=300000+crlf', 'reasoning=5')
{
	for my $ask (0, 1) {
		same($fault, $ask, max_tokens => 90000, n => 1);
	}
}

same('tokens=9', 0, n => 3);
same('tokens=5', 0, stream_options => {});
same('tokens=5', 0, stream_options => undef);
same('tokens=5', 0, stream_options => { include_usage => JSON::PP::false });
same('tokens=5', 0, uri => '/v1/completions');

# a stream without an end is whole, it only has no place for the comment

my ($r, $direct) = stream('nodone', {});
is($r->body() =~ s/$comment//r, without_usage($direct), 'no [DONE]: bytes');
ok($r->complete(), 'no [DONE]: complete');

# an error event is the provider's, and is passed

($r, $direct) = stream('errorevent=3', {});
like($r->body(), qr/^\Q$direct\E/, 'an error event: bytes');
is(scalar(() = $r->body() =~ /"error"/g), 1, 'an error event: only one');

# a stream that breaks off says so in the client's format

($r, $direct) = stream('cut=3', {});
is(index($r->body(), $direct), 0, 'cut: the bytes that came');
like(substr($r->body(), length $direct),
	qr/^data: \{"error":\{.*\}\}\n\n(?:: [^\n]+\n\n)?data: \[DONE\]\n\n$/,
	'cut: an error event, [DONE]');

# no event is held back: the first is here before the second is sent

$t->sim_reset($port);
$t->sim_next($port, 'slow=250+tokens=3');

$asked++;
my $s = http_begin(chat_raw(stream => JSON::PP::true));
ok($s->read_until(qr/data: .*\n\r?\n/), 'first event');
is(scalar(() = $s->bytes() =~ /data: /g), 1, 'and no other');
ok(!($t->sim_log($port))[0]{done}, 'while the provider is at it');

for my $n (2 .. 4) {
	$s->read_until(sub { (() = $_[0] =~ /data: /g) >= $n });
	is(scalar(() = $s->bytes() =~ /data: /g), $n, "event $n alone");
}

like($s->finish()->body(), qr/$comment\Qdata: [DONE]\E\n\n$/, 'and its end');

###############################################################################

# JSON

for my $fault ('tokens=12', 'blank', 'chunked', 'oneb', 'chunked+oneb',
	'toolcall', 'longjson=5000')
{
	my ($r, $direct) = answer($fault);
	is($r->body(), $direct, "JSON $fault: bytes");
	ok(defined $r->header('X-AICost-Cost'), "JSON $fault: cost");
}

# beyond the buffer: no header, and the usage is at its end

for my $fault ('longjson=9000', 'longjson=300000', 'longjson=300000+chunked',
	'longjson=20000+oneb')
{
	my ($r, $direct) = answer($fault);

	ok($r->body() eq $direct, "JSON $fault: bytes");
	is($r->header('X-AICost-Cost'), undef, "JSON $fault: too long");

	my ($seen) = grep { $_->{done} } reverse $t->sim_log($port);
	my $l = last_line();
	is("$l->{in} $l->{out}", "$seen->{tokens_in} $seen->{tokens_out}",
		"JSON $fault: tokens");
	is(nano($l->{cost}), 2000 * $seen->{tokens_in}
		+ 10000 * $seen->{tokens_out}, "JSON $fault: cost");
}

###############################################################################

# the same request to the gateway and, as it came there, to the provider

sub both {
	my ($fault, %ask) = @_;

	$asked++;
	$t->sim_reset($port);
	$t->sim_next($port, $fault, $fault);

	my $uri = $ask{uri} // '/v1/chat/completions';
	my $r = $uri =~ /chat/ ? chat(%ask) : http_post($uri, { prompt => 'hi',
		model => 'auto', max_tokens => 20,
		stream => JSON::PP::true }, Authorization => 'Bearer '
		. consumer_key('bot'));

	my ($seen) = $t->sim_log($port);
	my $direct = http_post($uri, $seen->{body}, -port => $port)->body();

	s/cmpl-sim[0-9a-f]{16}|"created":\d+/x/g for $r->{body}, $direct;

	return ($r, $direct, $seen);
}


sub stream {
	my ($fault, $ask) = @_;

	return both($fault, stream => JSON::PP::true, %$ask);
}


sub answer {
	return both($_[0], max_tokens => 90000);
}


sub same {
	my ($fault, $usage, %ask) = @_;

	my $name = join ' ', $fault, map { defined $ask{$_} && !ref $ask{$_}
		? "$_=$ask{$_}" : $_ } sort keys %ask;
	$name .= ' include_usage' if $usage;
	$ask{stream_options} = { include_usage => JSON::PP::true } if $usage;

	my ($r, $direct, $seen) = stream($fault, \%ask);
	my $body = $r->body();

	ok(decode_json($seen->{body})->{stream_options}{include_usage},
		"$name: usage is asked upstream");

	is(scalar(() = $body =~ /$comment/g), 1, "$name: one comment");
	like($body, qr/$comment(?:: keep-alive(?:$end)+)?data: \[DONE\]$end*$/,
		"$name: just before the end");

	$body =~ s/$comment//;
	$direct = without_usage($direct) unless $usage;

	ok($body eq $direct, "$name: bytes") or diag(differ($body, $direct));
	is(scalar(() = $body =~ /"choices":\[\]/g) ? 1 : 0, $usage,
		"$name: usage chunk");
	ok($r->complete(), "$name: complete");
}


# a chunk without choices is all usage; a comment before it is of its block

sub without_usage {
	my ($bytes) = @_;

	$bytes =~ s/data:[ ]\{[^\r\n]*"choices":\[\],"usage":\{[^\r\n]*
		(?:\r\n\r\n|\n\n|\r\r)//xg;

	return $bytes;
}


sub differ {
	my ($a, $b) = @_;
	my $i = 0;

	$i++ while $i < length $a && substr($a, $i, 1) eq substr($b, $i, 1);

	s!([\r\n])!$1 eq "\r" ? "\\r" : "\\n"!ge for $a, $b;
	$i = 0;
	$i++ while $i < length $a && substr($a, $i, 1) eq substr($b, $i, 1);

	return "at $i:\n" . substr($a, $i > 40 ? $i - 40 : 0, 200) . "\n--\n"
		. substr($b, $i > 40 ? $i - 40 : 0, 200);
}


sub last_line {
	return ($t->ledger($asked))[-1];
}

###############################################################################
