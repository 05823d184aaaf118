#!/usr/bin/perl

# Tests for the request a provider gets: built from nothing but the body, whose
# bytes are the client's except for model, cap and usage option.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw/sha256_hex/;

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my $key = $t->secret('sk-of-the-provider-0123456789');
$t->write_file('provider.key', "$key\n");

$t->gateway(
	consumers => { bot => {}, small => { max_output_tokens => 70 } },
	prices => prices(
		'far/one' => { input => '1', output => '1', max_output => 90,
			can => [qw/tools vision json_schema/] },
	),
	http => <<'CONF',
    aicost_provider far http://127.0.0.1:%%PORT_9000%%/base/v1 api=openai
        key=file:%%TESTDIR%%/provider.key;
    aicost_tier far far/one;
CONF
	location => 'aicost_output default=33; client_body_buffer_size 8k;',
	server => <<'CONF',
        location /spooled/ {
            aicost_pass premium;
            client_body_buffer_size 8k;
            client_body_in_file_only clean;
        }
CONF
)->run();

my $port = $t->{sim_port};
my $true = JSON::PP::true;

###############################################################################

# its line and headers

$t->secret(consumer_key('bot'));

my ($seen) = sent(model => 'far', headers => {
	Cookie => 'session=1', 'X-Forwarded-For' => '192.0.2.1',
	'X-Real-IP' => '192.0.2.1', 'OpenAI-Organization' => 'org',
	'OpenAI-Project' => 'p', 'X-AICost-Session' => 's',
	'X-AICost-Explain' => 'no', 'X-Stainless-Lang' => 'perl',
	'anthropic-version' => '1', Referer => 'http://a/', Forwarded => 'a',
	TE => 'trailers', 'X-Anything' => 'b', 'Accept-Encoding' => 'gzip',
	'Idempotency-Key' => 'i', Via => 'c' });

is($seen->{method}, 'POST', 'method');
is($seen->{path}, '/base/v1/chat/completions', 'path');
is($seen->{headers}{host}, "127.0.0.1:$port", 'Host');
is($seen->{headers}{authorization}, "Bearer $key", 'Authorization');
is($seen->{headers}{'content-type'}, 'application/json', 'Content-Type');
is($seen->{headers}{'content-length'}, length $seen->{body},
	'Content-Length');

my %known = map { $_ => 1 } qw/host authorization content-type content-length
	accept accept-encoding user-agent connection/;
is(join(',', grep { !$known{$_} } sort keys %{ $seen->{headers} }), '',
	'and no header of the client\'s');
unlike(join(',', %{ $seen->{headers} }), qr/gzip|trailers|192\.0\.2/,
	'nor a value');

($seen) = sent(model => 'sim/big');
is($seen->{headers}{authorization}, undef, 'a provider without a key');

###############################################################################

# model and cap

is(body(model => 'auto')->{model}, 'big', 'the model of the tier');
is(body(model => 'far/one')->{model}, 'one', 'the model that was named');
is(body(model => 'one')->{model}, 'one', 'a bare model');

my ($b, $r) = body(max_tokens => 60);
is($b->{max_tokens}, 60, 'the client\'s cap');
is($r->header('X-AICost-Reason'), 'policy', 'is not capped');

($b) = body(max_tokens => undef, max_completion_tokens => 61);
is($b->{max_completion_tokens}, 61, 'by its other name');

($b, $r) = body(max_tokens => undef);
is($b->{max_tokens} // $b->{max_completion_tokens}, 33, 'a missing cap');
is($r->header('X-AICost-Reason'), 'policy', 'is not said to be capped');

($b, $r) = body(max_tokens => 5000, as => 'small');
is($b->{max_tokens}, 70, 'the consumer\'s ceiling');
is($r->header('X-AICost-Reason'), 'policy, capped', 'is said');

($b, $r) = body(max_tokens => 5000, model => 'far');
is($b->{max_tokens}, 90, 'the model\'s maximum');
is($r->header('X-AICost-Reason'), 'explicit, capped', 'is said');

($b, $r) = body(max_tokens => 5000, model => 'far', as => 'small');
is($b->{max_tokens}, 70, 'the lower of both');

($b) = body(max_tokens => 80, max_completion_tokens => 80, as => 'small');
is("$b->{max_tokens} $b->{max_completion_tokens}", '70 70', 'two caps');

is(body()->{stream_options}, undef, 'no usage option without a stream');
ok(body(stream => $true)->{stream_options}{include_usage}, 'usage of a stream');

$b = body(stream => $true, stream_options => { include_obfuscation =>
	JSON::PP::false });
is_deeply([ sort keys %{ $b->{stream_options} } ],
	[qw/include_obfuscation include_usage/], 'beside other options');

###############################################################################

# what passes is what was sent, however it came

for my $file (sort glob "$Aicost::Test::ROOT/t/data/requests/*.json") {
	my ($name) = $file =~ m!([^/]+)\.json$!;
	passes($name, slurp($file));
}

mkdir "$t->{dir}/large";
system($^X, "$Aicost::Test::ROOT/util/make-requests", "$t->{dir}/large") == 0
	or die;

for my $file (sort glob "$t->{dir}/large/*.json") {
	my ($name) = $file =~ m!([^/]+)\.json$!;
	my $body = slurp($file);

	passes($name, $body);
	passes("$name, chunked", $body, chunked => 1);
	passes("$name, spooled", $body, prefix => '/spooled');
}

my $chat = encode_json({ model => 'auto', max_tokens => 5,
	messages => [ { role => 'user', content => 'chunks' } ] });

passes('byte by byte', $chat, chunked => 1, size => 1);

SKIP: {
	skip 'no curl with HTTP/2', 2
		if `curl --version 2>/dev/null` !~ /\bHTTP2\b/
		|| $t->nginx_v() !~ /http_v2_module/;

	$t->stop();
	my $conf = $t->read_file('nginx.conf');
	$conf =~ s/reuseport;/reuseport http2;/;
	$t->write_file('nginx.conf', $conf)->run();
	$t->write_file('h2.json', $chat);

	$t->sim_reset($port);
	my ($rc, $out) = $t->command('curl', '-s', '--http2-prior-knowledge',
		'-H', 'Content-Type: application/json', '-H',
		'Authorization: Bearer ' . consumer_key('bot'), '--data-binary',
		"\@$t->{dir}/h2.json", 'http://127.0.0.1:' . port(8080)
		. '/v1/chat/completions');
	like($out, qr/"usage"/, 'HTTP/2: an answer');
	is(($t->sim_log($port))[0]{body}, $chat =~ s/"auto"/"big"/r,
		'HTTP/2: the body');
}

###############################################################################

sub sent {
	my (%ask) = @_;

	$t->sim_reset($port);
	my $r = exists $ask{max_tokens} && !defined $ask{max_tokens}
		? http_post('/v1/chat/completions', { model => 'auto',
			messages => [ { role => 'user', content => 'hi' } ],
			map { $_ => $ask{$_} } grep { $_ ne 'max_tokens' }
				keys %ask }, Authorization => 'Bearer '
				. consumer_key('bot'))
		: chat(%ask);
	is($r->status(), 200, 'an answer') or diag($r->body());

	return (($t->sim_log($port))[0], $r);
}


sub body {
	my ($seen, $r) = sent(@_);

	return wantarray ? (decode_json($seen->{body}), $r)
		: decode_json($seen->{body});
}


sub passes {
	my ($name, $body, %opt) = @_;

	my $uri = $name =~ /^completions/ ? '/v1/completions'
		: $name =~ /^embeddings/ ? '/v1/embeddings'
		: '/v1/chat/completions';

	# a model that is here, without another byte changed
	$body =~ s/("model"\s*:\s*)"[^"]*"/$1"sim\/big"/ or die $name;

	my @headers = (Authorization => 'Bearer ' . consumer_key('bot'));
	my $sent = $body;

	if ($opt{chunked}) {
		push @headers, 'Transfer-Encoding' => 'chunked';
		my $size = $opt{size} // 10000;
		$sent =~ s/(.{1,$size})/sprintf "%x\r\n%s\r\n", length $1, $1/sge;
		$sent .= "0\r\n\r\n";
	}

	$t->sim_reset($port);
	my $r = http_post(($opt{prefix} // '') . $uri, $sent, @headers);

	is($r->status(), 200, "$name: an answer") or diag($r->body());

	my ($seen) = $t->sim_log($port);
	my $want = $body;

	$want =~ s/("model"\s*:\s*)"[^"]*"/$1"big"/;
	my $is = $seen->{body};

	# what the gateway puts in or over
	if (defined $is) {
		utf8::encode($is);
		$is =~ s/^(\s*\{)"max_(?:completion_)?tokens":33,/$1/;
		$is =~ s/^(\s*\{)"stream_options":\{"include_usage":true\},/$1/;

		ok($is eq $want, "$name: the body");

	} else {
		my $added = $want =~ s/\{/{"max_completion_tokens":33,/r;

		ok((grep { sha256_hex($_) eq $seen->{body_sha256} } $want,
			$added, $want =~ s/\{/{"max_tokens":33,/r),
			"$name: the body");
	}

	is($seen->{body_bytes} // length $seen->{body}, $seen->{headers}{
		'content-length'}, "$name: its length");
}


sub slurp {
	open my $fh, '<:raw', $_[0] or die "$_[0]: $!\n";
	local $/;
	return scalar <$fh>;
}

###############################################################################
