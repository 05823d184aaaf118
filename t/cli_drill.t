#!/usr/bin/perl

# Tests for aicost drill: calls that the gateway recorded, at other providers.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim cli/)->plan();
my $dir = $t->testdir();

my $KEY = $t->secret('sk-elsewhere-Zx81');
my $png = 'iVBORw0KGgoAAAANSUhEUg';

$t->gateway(
	sim => { tokens => 7 },
	server => 'aicost_record %%TESTDIR%%/calls.jsonl; '
		. 'location /v1beta/ { aicost_pass premium; }',
);
$t->run();

my %can = (max_output => 1000, context => 100000);

$t->write_file('away.json', encode_json({ version => 1, currency => 'USD',
	models => {
		'anthropic/claude' => { input => '3', output => '15', %can },
		'gemini/flash' => { input => '1', output => '4', %can },
		'openai/gpt' => { input => '1', output => '2', %can },
		'anthropic/plain' => { input => '1', output => '2',
			can => [], context => 1 },
		'ollama/llama' => { free => JSON::PP::true, %can },
	} }));
$t->write_file('key', "$KEY\n");

###############################################################################

# what clients asked

my $asked = 0;
my @auth = (Authorization => 'Bearer ' . consumer_key('bot'));
my $tool = { type => 'function', function => { name => 'zoek',
	parameters => { type => 'object', properties => {
		q => { type => 'string' } } } } };
my %call = (id => 'call_a', type => 'function', function => { name => 'zoek',
	arguments => '{"q":"fiets"}' });

asked(chat(content => 'plain'));
asked(chat(content => 'a stream', stream => JSON::PP::true));
asked(chat(content => 'a tool', tools => [ $tool ]));
asked(chat(content => 'some tool', tools => [ $tool ],
	tool_choice => 'required'));
asked(chat(tools => [ $tool ], messages => [
	{ role => 'user', content => 'zoek' },
	{ role => 'assistant', content => undef, tool_calls => [ \%call ] },
	{ role => 'tool', tool_call_id => 'call_a', content => '{"n": 3}' } ]));
asked(chat(messages => [ { role => 'user', content => [
	{ type => 'text', text => 'an image' }, { type => 'image_url',
		image_url => { url => "data:image/png;base64,$png" } } ] } ]));
asked(chat(messages => [ { role => 'user', content => [ { type => 'image_url',
	image_url => { url => 'https://a.example/a.png' } } ] } ]));
asked(chat(content => 'JSON', response_format => { type => 'json_schema',
	json_schema => { name => 'x', schema => { type => 'object',
		properties => { a => { type => 'string' } } } } }));
asked(chat(content => 'seeded', seed => 1, logit_bias => { 15339 => -100 }));
asked(chat(content => 'three', n => 3));
asked(http_post('/v1/completions', { model => 'auto', prompt => 'complete' },
	@auth));

# and of other shapes

asked(http_post('/v1/messages', { model => 'auto', max_tokens => 9, top_k => 3,
	messages => [ { role => 'user', content => 'hello' } ] }, @auth), 400);
asked(http_post('/v1/responses', { model => 'auto', input => 'hello' }, @auth));
asked(http_post('/v1beta/models/auto:generateContent', { contents => [ {
	role => 'user', parts => [ { text => 'hello' } ] } ] }, @auth));
asked(http_post('/v1beta/models/auto:streamGenerateContent?alt=sse', {
	contents => [ { role => 'user', parts => [ { text => 'hello' } ] } ] },
	@auth));
asked(http_post('/v1/messages', { model => 'auto', max_tokens => 9,
	stream => JSON::PP::true,
	messages => [ { role => 'user', content => 'hello' } ] }, @auth));

my @recorded;
wait_for { (@recorded = $t->read_log('calls.jsonl') =~ /^(.*)\n/mg) == 16 };
@recorded = map { decode_json($_) } @recorded;
is(scalar @recorded, 16, 'recorded');

###############################################################################

# used wrongly

my @base = ('--record', "$dir/calls.jsonl", '--prices', "$dir/away.json",
	'--usd', '1');
my @claude = ('--model', 'claude');

for (
	[ [ qw/openai anthropic --model claude/ ], 2,
		'give --record; the gateway makes one with "aicost_record' ],
	[ [ @base, @claude, 'openai' ], 2, 'give CLIENT-SHAPE and PROVIDER' ],
	[ [ @base, @claude, qw/ollama anthropic/ ], 2, 'not "ollama"' ],
	[ [ @base, @claude, qw/openai elsewhere/ ], 2, 'give --url and --api' ],
	[ [ @base, qw/openai anthropic/ ], 2, 'give --model' ],
	[ [ @base, @claude, qw/--api soap openai anthropic/ ], 2,
		'no API "soap"' ],
	[ [ @base, @claude, '--max-cost', '1USD', qw/openai anthropic/ ], 2,
		'the recording is in EUR' ],
	[ [ @base, @claude, '--max-cost', 'much', qw/openai anthropic/ ], 2,
		'not "much"' ],
	[ [ @base[0 .. 3], @claude, qw/openai anthropic/ ], 2, 'give --usd' ],
	[ [ @base, qw/--model none openai anthropic/ ], 1,
		'has no price of "anthropic/none"' ],
	[ [ @base, @claude, qw/--key-env AICOST_NONE openai anthropic/ ], 1,
		'takes a name, never the key' ],
	[ [ '--record', "$dir/absent", @base[2 .. 5], @claude,
		qw/openai anthropic/ ], 1, 'aicost_record PATH' ],
	[ [ '--record', "$dir/key", @base[2 .. 5], @claude,
		qw/openai anthropic/ ], 1, 'has no call of a client' ])
{
	my ($rc, $out, $err) = $t->aicost('drill', @{ $_->[0] });

	ok($rc == $_->[1] && index($err, $_->[2]) >= 0, $_->[2])
		or diag("$rc: $err");
}

###############################################################################

# without sending

my $d = drill([ '--dry-run' ], 'openai', 'anthropic', 'claude');

is("$d->{all}{requests} $d->{all}{unchanged} $d->{all}{with_losses} "
	. "$d->{all}{not_at_all}", '11 8 2 1', 'what goes');
is_deeply($d->{members}, { map { $_ => { left_out => 1, refused => 0 } }
	qw/seed logit_bias n/ }, 'what does not');
is($d->{features}{'tool loop'}{unchanged}, 1, 'a tool loop goes');
is($d->{features}{images}{unchanged}, 2, 'images go');
is($d->{features}{completions}{why_not}{not_translated}, 1,
	'completions do not');
is($d->{features}{'several answers'}{why_not}{n}, 1,
	'one answer is not several');
is($d->{compared}, 10, 'compared');

my @went = grep { $_->{shape} eq 'openai' && $_->{endpoint} eq 'chat' }
	@recorded;
my ($there, $here) = (0, 0);
$there += 3000 * $_->{tokens_in} + 15000 * $_->{tokens_out},
	$here += $_->{cost_nano} for @went;

is(nano($d->{there}{cost}), $there, 'at the tokens that were recorded');
is(nano($d->{recorded}{cost}), $here, 'beside what was paid');
is(nano($d->{there}{cost_per_1000}), 100 * $there, 'of 1000');
like($d->{verdict}, qr/Of 11 requests 8 would go unchanged, 2 with losses/,
	'the verdict');
is($d->{there}{latency_ms_p50}, undef, 'no latency is known');

my $plain = drill([ '--dry-run' ], 'openai', 'anthropic', 'plain');
is_deeply([ map { $plain->{all}{why_not}{"the model$_"} // 0 }
	' has no tools', ' sees no images', ' has no JSON schema' ],
	[ 3, 2, 1 ], 'what the model cannot do');
is($plain->{all}{why_not}{"the model's context is too small"}, 5,
	'what is too long for it');

my ($rc, $out) = $t->aicost('drill', @base[0, 1], @claude, '--dry-run',
	qw/openai anthropic/);
is($rc, 0, 'without prices');
like($out, qr/^cost, EUR +\S+ +-$/m, 'what is not known is no zero');
like($out, qr/^tool loop +1 +1 +0 +0 +- +-$/m, 'features');
like($out, qr/^logit_bias +1 +0$/m, 'members');
like($out, qr/Nothing was sent/, 'the verdict');

###############################################################################

# sent: a provider of another shape

my $sim = $t->sim(tokens => 5);
$d = drill([ '--key-file', "$dir/key" ], 'openai', 'anthropic', 'claude',
	$sim);

is("$d->{all}{sent} $d->{all}{works} $d->{not_sent}", '9 7 1',
	'sent, works, not sent');
is_deeply($d->{all}{why_not}, { not_translated => 1, 'no JSON' => 1,
	'no tool call' => 1, 'an image by URL is redacted' => 1 }, 'why not');

my @seen = $t->sim_log($sim);
is(scalar @seen, 9, 'one each');
is_deeply([ map { $_->{path} } @seen ], [ ('/v1/messages') x 9 ], 'path');
is(scalar(grep { $_->{headers}{'x-api-key'} eq $KEY } @seen), 9, 'key');
is(scalar(grep { $_->{headers}{'anthropic-version'} } @seen), 9, 'version');
unlike($t->{said}, qr/\Q$KEY/, 'the key is not said');

my @loop = map { ref $_->{content} ? @{ $_->{content} } : () }
	@{ decode_json($seen[4]{body})->{messages} };
is(join(' ', map { $_->{type} } @loop), 'tool_use tool_result',
	'the tool loop') or diag($seen[4]{body});
is($loop[0]{id}, $loop[1]{tool_use_id}, 'its ids meet');
is($loop[0]{name}, 'zoek', 'its name');

my $spent = 0;
$spent += 3000 * $_->{tokens_in} + 15000 * $_->{tokens_out} for @seen;
is(nano($d->{spent}), $spent, 'what was spent');
is($d->{compared}, 7, 'compared');
like($d->{there}{latency_ms_p95}, qr/^\d+$/, 'latency');
is($d->{features}{stream}{works}, 1, 'a stream works');
is($d->{features}{'tool loop'}{works}, 1, 'a tool loop works');

# a provider that calls tools and answers JSON

$t->sim_next($sim, ('ok') x 3, 'toolcall');
$d = drill([], 'openai', 'anthropic', 'claude', $sim);
is($d->{all}{works}, 8, 'a tool that must be called');

# Gemini, Ollama, the same shape

$d = drill([], 'openai', 'gemini', 'flash', $sim, '/v1beta');
is("$d->{all}{unchanged} $d->{all}{sent} $d->{all}{works}", '9 9 7',
	'Gemini');

$d = drill([], 'openai', 'ollama', 'llama', $sim, '');
is($d->{there}{cost}, '0.00', 'a free model costs nothing');
is($d->{features}{tools}{why_not}{tool_choice}, undef, 'not called');
is($d->{members}{tool_choice}{left_out}, 1, 'Ollama has no tool choice');
is($d->{members}{image_url}{left_out}, 1, 'nor images by URL');

$t->sim_reset($sim);
$d = drill([], 'openai', 'openai', 'gpt', $sim, '/v1');
is("$d->{all}{unchanged} $d->{all}{sent} $d->{all}{works}", '11 10 8',
	'the same shape');
@seen = $t->sim_log($sim);
is($seen[-1]{path}, '/v1/completions', 'completions too');
is(decode_json($seen[1]{body})->{stream_options}{include_usage}, 1,
	'usage is asked for');
is(decode_json($seen[0]{body})->{model}, 'gpt', 'the model of there');

# clients of other shapes

my %sent = (anthropic => 2, responses => 1, gemini => 2);

for (sort keys %sent) {
	$d = drill([], $_, 'openai', 'gpt', $sim, '/v1');
	is("$d->{all}{sent} $d->{all}{works} "
		. ($d->{features}{stream}{works} // 0),
		"$sent{$_} $sent{$_} " . ($sent{$_} - 1), "$_ to OpenAI");
}

is(drill([ '--dry-run' ], 'anthropic', 'openai', 'gpt')
	->{members}{top_k}{left_out}, 1, 'top_k');

###############################################################################

# the cap: nothing is sent whose most does not fit

$t->sim_reset($sim);
$d = drill([ '--max-cost', '0.0000001EUR' ], 'openai', 'anthropic', 'claude',
	$sim);
is("$d->{all}{sent} $d->{spent}", '0 0.00', 'no money, no request');
is($d->{all}{why_not}{'--max-cost'}, 9, 'says so');
is(scalar $t->sim_log($sim), 0, 'none came');

# 50 tokens out and what is in are at most this, three fit but not four

$d = drill([ '--max-cost', '0.004' ], 'openai', 'anthropic', 'claude', $sim);
cmp_ok(nano($d->{spent}), '<=', 4_000_000, 'never more');
cmp_ok($d->{all}{sent}, '>', 0, 'some are sent');
cmp_ok($d->{all}{why_not}{'--max-cost'} // 0, '>', 0, 'some are not');
is($d->{all}{sent} + $d->{not_sent} + $d->{all}{not_at_all}, 11, 'all told');

$d = drill([ '--requests', '3' ], 'openai', 'anthropic', 'claude', $sim);
cmp_ok($d->{all}{sent}, '<=', 3, '--requests');
is($d->{all}{requests}, 11, 'all are translated');

###############################################################################

# a provider that fails

$t->write_file('one.jsonl', (split /(?<=\n)/,
	$t->read_log('calls.jsonl'))[0]);
$t->write_file('stream.jsonl', (split /(?<=\n)/,
	$t->read_log('calls.jsonl'))[1]);

for (
	[ '401', 'auth_failed', 401 ], [ '429quota', 'no_money', 429 ],
	[ '500', 'server_error', 500 ], [ '529=90', 'overloaded', 529 ],
	[ '400', 'bad_request', 400 ], [ 'redirect', 'redirected', 301 ],
	[ 'html', 'bad_answer', 200 ], [ 'badjson', 'bad_answer', 200 ],
	[ 'nousage', 'no usage', 200 ], [ 'close', 'closed', 0 ],
	[ 'cut', 'closed', 200 ], [ 'hang', 'timeout', 0 ])
{
	my ($fault, $word, $status) = @$_;

	$t->sim_next($sim, $fault);
	my $c = one('one.jsonl', [ '--timeout', 1 ], $sim);

	is("$c->{why_not} $c->{status}", "$word $status",
		"fault $fault");
	is(nano($c->{cost}) > 0, $status < 300, "$fault: "
		. ($status < 300 ? 'may be billed' : 'is not billed'));
}

$t->sim_reset($sim);
$t->sim_next($sim, ('429=0') x 2);
my $busy = one('one.jsonl', [], $sim);
ok($busy->{works}, 'a provider that is busy is asked again');
is(scalar $t->sim_log($sim), 3, 'until it is not');
is(nano($busy->{cost}), 3000 * ($t->sim_log($sim))[2]{tokens_in}
	+ 15000 * 5, 'and costs once');
$t->sim_next($sim, ('429=0') x 4);
is(one('one.jsonl', [], $sim)->{why_not}, 'rate_limited', 'not for ever');

$t->sim_next($sim, 'cut=2');
is(one('stream.jsonl', [], $sim)->{why_not}, 'closed', 'a stream is cut');
$t->sim_next($sim, 'errorevent=2');
is(one('stream.jsonl', [], $sim)->{works}, JSON::PP::false,
	'an error in a stream');
is(one('one.jsonl', [], port('nobody'))->{why_not}, 'refused', 'nobody');

# what it says, without the key

$t->run_daemon(\&echo, port('echo'));
$t->waitforsocket(port('echo'));
my $c = one('one.jsonl', [ '--key-file', "$dir/key" ], port('echo'));
is("$c->{why_not} $c->{code}", 'auth_failed authentication_error',
	'its code');
ok(!exists $c->{message}, 'its words only when asked for');
$c = one('one.jsonl', [ '--messages', '--key-file', "$dir/key" ],
	port('echo'));
is($c->{message}, 'No key ' . '*' x length($KEY), 'without the key');

# whoever stops it learns what became of it

$t->sim_reset($sim);
$t->sim_next($sim, 'ok', 'hang');
pipe my $from, my $to or die;
my $pid = fork() // die;

unless ($pid) {
	open STDOUT, '>&', $to;
	open STDERR, '>', '/dev/null';
	exec $Aicost::Test::AICOST, 'drill', @base, @claude, '--timeout', 2,
		'--url', "http://127.0.0.1:$sim", '--json',
		qw/openai anthropic/ or POSIX::_exit(127);
}

close $to;
wait_for { $t->sim_log($sim) == 2 };
kill 'INT', $pid;
$d = decode_json(join '', <$from>);
waitpid $pid, 0;

is($?, 0, 'interrupted');
is("$d->{all}{sent} $d->{all}{works} $d->{all}{why_not}{timeout}", '2 1 1',
	'no more is sent');
is($d->{all}{why_not}{interrupted}, 8, 'the rest is told');

# a recording that ends in the middle of a line

$t->write_file('torn.jsonl', $t->read_log('one.jsonl')
	. substr $t->read_log('one.jsonl'), 0, 99);
$d = drill([ '--record', "$dir/torn.jsonl", '--dry-run' ], 'openai',
	'anthropic', 'claude');
is("$d->{all}{requests} $d->{lines_unread}", '1 1', 'a torn line');
like($t->{said}, qr/1 line is no record/, 'is told');

###############################################################################

# two workers write: the next one is asked when this one is there

sub asked {
	my ($r, $status) = @_;
	my $n = ++$asked;

	is($r->status(), $status // 200, 'a call') or diag($r->body());
	wait_for { (() = $t->read_log('calls.jsonl') =~ /\n/g) == $n };
}


sub drill {
	my ($options, $shape, $provider, $model, $port, $base) = @_;

	$base //= '';
	my @url = $port ? ('--url', "http://127.0.0.1:$port$base") : ();
	my ($rc, $out, $err) = $t->aicost('drill', @base, @$options, @url,
		'--model', $model, '--json', $shape, $provider);

	$t->{said} = $out . $err;
	diag("$rc: $err") if $rc;

	return decode_json($out);
}


sub one {
	my ($file, $options, $port) = @_;

	return drill([ '--record', "$dir/$file", @$options ], 'openai',
		'anthropic', 'claude', $port)->{calls}[0];
}


sub echo {
	my $l = IO::Socket::INET->new(Listen => 16, ReuseAddr => 1,
		LocalAddr => "127.0.0.1:$_[0]") or die "echo: $!\n";

	while (my $c = $l->accept()) {
		my ($head, $line) = ('');
		$head .= $line while defined($line = <$c>) && $line ne "\r\n";
		my ($n) = $head =~ /Content-Length: (\d+)/i;
		read $c, my $body, $n || 0;
		my ($key) = $head =~ /x-api-key: (\S+)/i;

		my $e = encode_json({ type => 'error', error => {
			type => 'authentication_error',
			message => 'No key ' . ($key // '') } });
		print $c "HTTP/1.1 401 Unauthorized\r\n"
			. "Content-Type: application/json\r\nContent-Length: "
			. length($e) . "\r\nConnection: close\r\n\r\n$e";
		close $c;
	}
}

###############################################################################
