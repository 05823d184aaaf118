#!/usr/bin/perl

# Tests for aicost_record: what is kept of a call, what is not, and where it
# ends.

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
my $dir = $t->testdir();

my @SECRETS = map { $t->secret($_) } (consumer_key('bot'), 'Zwartboek',
	'+31687654321', 'quizmaster@example.org', '8765432109', 'cust-77qz',
	'V2F0IGVlbiBmb3Rv', 'https://jouwfoto.example/me.png');

$t->gateway(
	sim => { tokens => 5 },
	server => <<'CONF',
        aicost_record %%TESTDIR%%/calls.jsonl max=1m;

        location /off/    { aicost_pass premium;  aicost_record off; }
        location /v1beta/ { aicost_pass premium; }
        location /half/   { aicost_pass premium;
                            aicost_record %%TESTDIR%%/half.jsonl sample=50%; }
        location /small/  { aicost_pass premium;
                            aicost_record %%TESTDIR%%/small.jsonl max=1500; }
        location /full/   { aicost_pass premium;
                            aicost_record /dev/full; }
        location /plain/  { aicost_pass premium;
                            aicost_record %%TESTDIR%%/plain.jsonl redact=off; }
        location /poor/   { aicost_pass premium;
                            aicost_budget nothing all 0.000001EUR/day; }
        location /none/   { aicost_pass gone; }
CONF
	http => 'aicost_provider gone http://127.0.0.1:%%PORT_8099%%/v1; '
		. 'aicost_tier gone gone/big;',
	prices => prices('gone/big' => { input => '2', output => '10',
		max_output => 90 }),
);

$t->run();

###############################################################################

# what is kept of a call

my $r = chat(content => "Bel Zwartboek, $SECRETS[2] of $SECRETS[3]!",
	user => $SECRETS[5], seed => 7,
	metadata => { klant => $SECRETS[5] },
	messages => [
		{ role => 'system', content => 'Zwartboek' },
		{ role => 'user', content => [
			{ type => 'text', text => "Mijn nummer: $SECRETS[4]" },
			{ type => 'image_url', image_url => { url =>
				"data:image/png;base64,$SECRETS[6]" } },
			{ type => 'image_url', image_url => {
				url => $SECRETS[7] } },
		] },
		{ role => 'assistant', content => undef, tool_calls => [ {
			id => 'call_q1', type => 'function', function => {
				name => 'zoek_klant', arguments => encode_json(
					{ bsn => 8765432109,
					naam => 'Zwartboek' }) } } ] },
		{ role => 'tool', tool_call_id => 'call_q1',
			content => "Zwartboek, $SECRETS[3]" },
	],
	tools => [ { type => 'function', function => { name => 'zoek_klant',
		description => 'Zoek Zwartboek', parameters => {
			type => 'object', properties => { bsn => {
				type => 'integer' } } } } } ]);

is($r->status(), 200, 'a call') or diag($r->body());

my ($c) = lines('calls.jsonl', 1);
my $q = $c->{request};

is($c->{version}, 1, 'version');
is("$c->{shape} $c->{endpoint}", 'openai chat', 'shape, endpoint');
is("$c->{tier} $c->{model}", 'premium sim/big', 'tier, model');
is($c->{status}, 200, 'status');
is($c->{settled}, 'usage', 'settled');
is($c->{tokens_out}, 5, 'tokens out');
is("$c->{cost_nano}", nano($r->header('X-AICost-Cost')), 'cost');
is($c->{currency}, 'EUR', 'its currency');
cmp_ok($c->{tokens_in}, '>', 20, 'tokens in');
like("$c->{latency_ms} $c->{ttft_ms}", qr/^\d+ \d+$/, 'latency');
cmp_ok($c->{time}, '>', 1.7e12, 'time');
ok($c->{redacted}, 'redacted');
ok(!$c->{stream}, 'no stream');

is($q->{seed}, 7, 'settings stay');
is($q->{user}, 'redacted', 'users do not');
is($q->{tools}[0]{function}{name}, 'zoek_klant', 'names of tools stay');
is_deeply($q->{tools}[0]{function}{parameters}, { type => 'object',
	properties => { bsn => { type => 'integer' } } }, 'and schemas');
is($q->{messages}[1]{content}[0]{text}, 'With people: 1111111111',
	'text keeps its shape');
is($q->{messages}[2]{tool_calls}[0]{id}, $q->{messages}[3]{tool_call_id},
	'calls and results meet');
is(ref(decode_json($q->{messages}[2]{tool_calls}[0]{function}{arguments})),
	'HASH', 'arguments are JSON');
like($q->{messages}[1]{content}[1]{image_url}{url},
	qr!^data:image/png;base64,iVBORw0KGgo!, 'an image is one');

is(mode('calls.jsonl'), '0600', 'for nobody else');
clean('calls.jsonl');

# every shape, and a stream

my @auth = (Authorization => 'Bearer ' . consumer_key('bot'));

chat(content => 'Zwartboek', stream => JSON::PP::true);
http_post('/v1/messages', { model => 'auto', max_tokens => 9,
	metadata => { user_id => $SECRETS[5] },
	messages => [ { role => 'user', content => 'Zwartboek' } ] }, @auth);
http_post('/v1/responses', { model => 'auto', input => 'Zwartboek' }, @auth);
http_post('/v1beta/models/auto:generateContent', { contents => [ { parts =>
	[ { text => 'Zwartboek' } ] } ] }, @auth);
http_post('/v1beta/models/auto:streamGenerateContent?alt=sse', { contents =>
	[ { parts => [ { text => 'Zwartboek' } ] } ] }, @auth);
http_post('/v1/completions', { model => 'auto', prompt => 'Zwartboek' },
	@auth);

my @all = lines('calls.jsonl', 7);

is(join(',', sort map { "$_->{shape}.$_->{endpoint}" } @all),
	'anthropic.messages,gemini.generate,gemini.generate_stream,'
	. 'openai.chat,openai.chat,openai.completions,responses.responses',
	'every shape');
is(scalar(grep { $_->{stream} } @all), 2, 'streams');
is(scalar(grep { $_->{status} == 200 && $_->{settled} eq 'usage'
	&& $_->{tokens_out} == 5 && $_->{cost_nano} > 0 } @all), 7,
	'each with its usage');
clean('calls.jsonl');

# what is refused is not recorded; what failed at its provider is

http_post('/v1/messages/count_tokens', { model => 'auto',
	messages => [ { role => 'user', content => 'x' } ] }, @auth);
is(chat(as => undef)->status(), 401, 'no key');
is(chat(uri => '/poor/v1/chat/completions')->status(), 402, 'no money');
is(chat(uri => '/off/v1/chat/completions')->status(), 200, 'off');
is(chat(uri => '/none/v1/chat/completions')->status(), 502, 'gone');

@all = lines('calls.jsonl', 8);
is(scalar @all, 8, 'only calls');
is("$all[7]{status} $all[7]{settled} $all[7]{cost_nano} $all[7]{ttft_ms}",
	'0 not_billed 0 -1', 'one without an answer');

# a long one

chat(content => 'woord ' x 60000);
@all = lines('calls.jsonl', 9);
is(length $all[8]{request}{messages}[0]{content}, 360000, 'a long one');

# a sample

my $served = metric($t->metrics_now(), 'aicost_requests_total');
chat(uri => '/half/v1/chat/completions') for 1 .. 60;
wait_for { metric($t->metrics_now(), 'aicost_requests_total')
	== $served + 60 };
my ($written) = counted('written');
my $half = $written - 9;

cmp_ok($half, '>', 5, 'a sample is some');
cmp_ok($half, '<', 55, 'and not all');
is(scalar lines('half.jsonl', $half), $half, 'they are in the file');

# the cap: what is there stays, whole; the rest is counted

is(chat(uri => '/small/v1/chat/completions')->status(), 200,
	'a full file holds nobody up') for 1 .. 8;
wait_for { (counted('full'))[0] + counted('written') - $written == 8 };
my ($full) = counted('full');
my @kept = lines('small.jsonl', 8 - $full);

cmp_ok($full, '>', 0, 'the file is full');
is(@kept + $full, 8, 'each is written or counted');
cmp_ok(-s "$dir/small.jsonl", '<=', 1500, 'never more than max=');
ok($t->wait_log(qr/\[warn\].*records no more in ".*small\.jsonl"/), 'told');

# a disk that takes nothing

is(chat(uri => '/full/v1/chat/completions')->status(), 200,
	'a bad file holds nobody up') for 1 .. 3;
ok(wait_for { (counted('failed'))[0] == 3 }, 'counted');
ok($t->wait_log(qr!\[error\].*cannot record in "/dev/full"!), 'told');

# not redacted, in one line

my $body = "{\"model\":\"auto\",\n\"messages\":[{\"role\":\"user\",\r\n"
	. "\"content\":\"Piet\\n\"}]}";
http_post('/plain/v1/chat/completions', $body, @auth);
($c) = lines('plain.jsonl', 1);
is($c->{request}{messages}[0]{content}, "Piet\n", 'redact=off');
ok(!$c->{redacted}, 'says so');
is(mode('plain.jsonl'), '0600', 'for nobody else');
like(scalar($t->conf_error($t->read_file('nginx.conf') =~ s/error_log.*//r)),
	qr/\[warn\].*plain\.jsonl" will hold what clients write/,
	'nginx -t warns');

###############################################################################

# rotation, as with logs

rename "$dir/calls.jsonl", "$dir/calls.old";
kill 'USR1', $t->master();
ok($t->waitforfile('calls.jsonl'), 'reopened');

chat(content => 'Zwartboek');
is(scalar lines('calls.jsonl', 1), 1, 'the new file has the next call');
is(scalar lines('calls.old', 9), 9, 'the old one what was before');
is(mode('calls.jsonl'), '0600', 'for nobody else');

# reload

my @old = $t->workers();
ok($t->reload(), 'reload');
$t->wait_old(@old);
chat(content => 'Zwartboek');
is(scalar lines('calls.jsonl', 2), 2, 'goes on');
is(mode('calls.jsonl'), '0600', 'with the same mode');

my $conf = $t->read_file('nginx.conf');
$t->write_file('nginx.conf', $conf =~ s/aicost_record .*calls.*;//r);
@old = $t->workers();
ok($t->reload(), 'without the directive');
$t->wait_old(@old);
chat(content => 'Zwartboek');
is(metric($t->metrics_now(), 'aicost_requests_total') > 10, 1, 'served');

# what the last requests left is written at exit

$t->write_file('nginx.conf', $conf);
@old = $t->workers();
ok($t->reload(), 'with it again');
$t->wait_old(@old);
chat(content => 'Zwartboek') for 1 .. 5;
$t->stop();
is(scalar lines('calls.jsonl', 7), 7, 'nothing is lost at exit');

# a file that others could read: not before they cannot

chmod 0644, "$dir/calls.jsonl";
$t->run();
is(mode('calls.jsonl'), '0600', 'mode at start');
chmod 0644, "$dir/calls.jsonl";
chat(content => 'Zwartboek');
lines('calls.jsonl', 8);
is(mode('calls.jsonl'), '0600', 'and at each call');

clean($_) for qw/calls.jsonl calls.old half.jsonl/;

###############################################################################

# the lines of a file, at least n

sub lines {
	my ($name, $n) = @_;
	my @lines;

	wait_for {
		@lines = $t->read_log($name) =~ /^(.*)\n/mg;
		@lines >= $n;
	};

	return map { decode_json($_) } @lines;
}


sub counted {
	return metric($t->metrics_now(), 'aicost_records_total',
		result => $_[0]);
}


sub mode {
	return sprintf '%04o', (stat "$dir/$_[0]")[2] & 07777;
}


sub clean {
	my $text = $t->read_log($_[0]);

	is(join(' ', grep { index($text, $_) >= 0 } @SECRETS), '',
		"no secret in $_[0]");
}

###############################################################################
