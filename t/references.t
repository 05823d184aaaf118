#!/usr/bin/perl

# Tests for aicost_references: what refers to text that is not in the body, or
# hides how long it is, is refused, or reserved at all of the model's context
# and settled by what was used.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Shapes;
use Aicost::Canned;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module/)->plan();

my ($CONTEXT, $CAP, $IN, $OUT) = (100000, 50, 90000, 7);
my @SHAPES = qw/openai responses anthropic gemini/;
my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
my %price = (input => '2', output => '10', max_output => 1000,
	can => [qw/tools vision/]);
my ($http, %models) = '';

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9010%%"
		. ($base{$shape} // '') . " api=$shape;\n"
		. "aicost_tier to-$shape $shape/m;\n"
		. "aicost_tier unknown-$shape $shape/u;\n";
	$models{"$shape/m"} = { %price, context => $CONTEXT };
	$models{"$shape/u"} = { %price };
}

$http .= "aicost_tier both anthropic/m responses/m;\n"
	. 'map $aicost_tokens_estimated $by_size { default to-openai; '
	. '"~^[0-9]{10}" to-responses; }' . "\n";

$t->gateway(http => $http, prices => prices(%models), server => <<'CONF');
        location /v1beta/ {
            aicost_pass premium;
        }

        location /full/ {
            aicost_pass premium;
            aicost_references full;
            aicost_budget day $aicost_consumer 100EUR/day;
        }

        location /mapped/ {
            aicost_pass $by_size;
            aicost_references full;
        }

        location /poor/ {
            aicost_pass premium;
            aicost_references full;
            aicost_budget poor $aicost_consumer 0.19EUR/day;
        }
CONF

canned($t, 9010);
$t->run();

my $lines = 0;

# client, what it adds, the name; and whether others understand it

my @cases = (
	[ responses => { previous_response_id => 'resp_1' },
		'previous_response_id' ],
	[ responses => { conversation => { id => 'conv_1' } },
		'conversation' ],
	[ responses => { input => input({ type => 'input_file',
		file_id => 'file-1' }) }, 'file_id' ],
	[ responses => { input => input({ type => 'input_file',
		file_url => 'https://a.example/b.pdf' }) }, 'file_url' ],
	[ responses => { input => input({ type => 'input_file', filename =>
		'a.pdf', file_data => 'data:application/pdf;base64,QQ==' }) },
		'file_data', 1 ],
	[ openai => { messages => input({ type => 'file', file =>
		{ file_id => 'file-1' } }) }, 'file' ],
	[ openai => { messages => input({ type => 'file', file => { filename =>
		'a.pdf', file_data => 'data:application/pdf;base64,QQ==' } })
		}, 'file', 1 ],
	[ anthropic => { messages => input({ type => 'image', source =>
		{ type => 'file', file_id => 'file_1' } }) }, 'source|file_id' ],
	[ anthropic => { messages => input({ type => 'document', source =>
		{ type => 'url', url => 'https://a.example/b.pdf' } }) },
		'source|url' ],
	[ gemini => { cachedContent => 'cachedContents/1' },
		'cachedContent' ],
	[ gemini => { contents => parts({ fileData => { mimeType =>
		'application/pdf', fileUri =>
		'https://generativelanguage.googleapis.com/v1beta/files/1' }
		}) }, 'fileUri|mimeType' ],
	[ gemini => { contents => parts({ inlineData => { mimeType =>
		'application/pdf', data => 'JVBERi0=' } }) }, 'mimeType', 1 ],
);

###############################################################################

for (@cases) {
	my ($client, $more, $param, $data) = @$_;
	my $name = "$client, $param";
	my $other = $client eq 'anthropic' ? 'openai' : 'anthropic';
	my $reserved = $CONTEXT * 2000 + $CAP * 10000;

	my $r = ask($client, "to-$client", $more);
	my $a = shape_heard($client, $r);
	is($r->status() . ' ' . ($a->{code} // ''),
		'400 parameter_not_allowed', "$name: refused");
	like($r->body(), qr/"(?:$param)"/, "$name: named");

	canned_says(200, answer($client));
	$r = ask($client, "to-$client", $more, under => '/full');
	is($r->status(), 200, "$name: full") or diag($r->body());
	my $l = line();
	is(nano($l->{reserved}), $reserved, "$name: all of its context");
	is(nano($l->{cost}), $IN * 2000 + $OUT * 10000, "$name: settled");
	is($l->{settled}, 'usage', "$name: by its usage");

	my ($key, $value) = %$more;
	is_deeply(decode_json((canned_got())[1])->{$key}, $value,
		"$name: sent as it is");

	# no context is known

	$r = ask($client, "unknown-$client", $more, under => '/full');
	$a = shape_heard($client, $r);
	is($r->status() . ' ' . ($a->{code} // ''),
		'400 parameter_not_allowed', "$name: no context");
	like($r->body(), qr/"(?:$param)\\".*known context/, "$name: why");
	is(nano(line()->{cost}), 0, "$name: free");

	# another shape

	canned_says(200, answer($other));
	$r = ask($client, "to-$other", $more, under => '/full');
	is($r->status(), $data ? 200 : 400, "$name: another shape")
		or diag($r->body());
	$l = line();
	is(nano($l->{cost}), $data ? $IN * 2000 + $OUT * 10000 : 0,
		"$name: and its cost");

	# a budget that is less than the context

	$r = ask($client, "to-$client", $more, under => '/poor');
	is($r->status(), 402, "$name: no budget");
	line();
}

# a provider of another shape is passed over

canned_says(200, answer('responses'));
my $r = ask('responses', 'both', { previous_response_id => 'resp_1' },
	under => '/full');
is($r->status(), 200, 'the next of the tier') or diag($r->body());
is($r->header('X-AICost-Model'), 'responses/m', 'which understands it');
like(line()->{attempts}, qr/not_translated/, 'the first was passed over');

# a map sees that no one knows how long it is

$r = ask('responses', 'auto', { previous_response_id => 'resp_1' },
	under => '/mapped');
is($r->header('X-AICost-Model'), 'responses/m', 'longer than any other');
is($r->status(), 200, 'and served');
line();

# usage that is not said is charged as reserved

canned_says(200, '{"id":"resp_1","object":"response","status":"queued"}');
$r = ask('responses', 'to-responses', { previous_response_id => 'resp_1' },
	under => '/full');
is($r->status(), 200, 'no usage');
is(nano(line()->{cost}), $CONTEXT * 2000 + $CAP * 10000,
	'charged as reserved');

# what is refused all the same

for ([ responses => { background => JSON::PP::true }, 'background' ],
	[ responses => { prompt => { id => 'p' } }, 'prompt' ],
	[ anthropic => { container => 'c' }, 'container' ],
	[ gemini => { contents => parts({ fileData => { mimeType =>
		'audio/wav', fileUri => 'https://a.example/b.wav' } }) },
		'mimeType' ])
{
	my ($client, $more, $param) = @$_;

	$r = ask($client, "to-$client", $more, under => '/full');
	is($r->status(), 400, "$param: refused") or diag($r->body());
	like($r->body(), qr/"$param"/, "$param: named");
	line();
}

# nothing is counted that nobody sees

$r = http_post('/full/v1/messages/count_tokens', { model => 'to-anthropic',
	messages => input({ type => 'document', source => { type => 'file',
	file_id => 'f' } }) }, 'x-api-key' => consumer_key('bot'),
	'anthropic-version' => '2023-06-01');
is($r->status(), 400, 'tokens of a reference');

# Gemini's cap is put into what the client wrote

for my $case (
	[ '"x":1', '{"generationConfig":{"maxOutputTokens":1000},' ],
	[ '"generationConfig":{}',
		'{"generationConfig":{"maxOutputTokens":1000}' ],
	[ '"generationConfig":null',
		'{"generationConfig":{"maxOutputTokens":1000}' ],
	[ '"generation_config":{"top_p":1.0}',
		'{"generation_config":{"maxOutputTokens":1000,"top_p":1.0}' ],
	[ '"generationConfig":{"maxOutputTokens":null}',
		'{"generationConfig":{"maxOutputTokens":1000}' ])
{
	my ($member, $want) = @$case;
	my $rest = '"contents":[{"parts":[{"text":"a\u00e9"}]}]}';
	my $body = $member =~ /"x"/ ? "{$rest" : "{$member,$rest";

	canned_says(200, answer('gemini'));
	$r = http_post('/full/v1beta/models/to-gemini:generateContent', $body,
		'x-goog-api-key' => consumer_key('bot'));
	is($r->status(), 200, "a cap: $member") or diag($r->body());
	is((canned_got())[1], $want . ($member =~ /"x"/ ? $rest : ",$rest"),
		"a cap: $member: put in");
	line();
}

# the policy is configuration: a reload changes it

(my $conf = $t->read_file('nginx.conf')) =~ s/aicost_references full;//g;
$t->write_file('nginx.conf', $conf);
$t->reload();

$r = ask('responses', 'to-responses', { previous_response_id => 'resp_1' },
	under => '/full');
is($r->status(), 400, 'refused after a reload');

###############################################################################

sub ask {
	my ($client, $model, $more, %ask) = @_;

	$lines++ if !$ask{under};

	return shape_ask($client, $model, key => consumer_key('bot'),
		cap => $CAP, more => $more, %ask);
}


sub line {
	return ($t->ledger(++$lines))[-1];
}


sub input {
	return [ { role => 'user', content => [@_] } ];
}


sub parts {
	return [ { role => 'user', parts => [@_] } ];
}


sub answer {
	my ($shape) = @_;

	return encode_json({
		openai => { object => 'chat.completion', id => 'c', choices =>
			[ { index => 0, finish_reason => 'stop', message =>
			{ role => 'assistant', content => 'Hi' } } ], usage =>
			{ prompt_tokens => $IN, completion_tokens => $OUT } },
		responses => { object => 'response', id => 'r', status =>
			'completed', output => [], usage => { input_tokens =>
			$IN, output_tokens => $OUT } },
		anthropic => { type => 'message', id => 'm', role =>
			'assistant', content => [ { type => 'text', text =>
			'Hi' } ], stop_reason => 'end_turn', usage => {
			input_tokens => $IN, output_tokens => $OUT } },
		gemini => { candidates => [ { content => { parts => [ { text =>
			'Hi' } ] }, finishReason => 'STOP' } ],
			usageMetadata => { promptTokenCount => $IN,
			candidatesTokenCount => $OUT } },
	}->{$shape});
}

###############################################################################
