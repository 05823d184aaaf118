#!/usr/bin/perl

# Tests for how a member without counterpart is named: as the client wrote it,
# refused or left out.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;
use Aicost::Shapes;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

my @SHAPES = qw/openai responses anthropic gemini ollama bedrock/;
my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
my ($http, %models) = '';

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9000%%"
		. ($base{$shape} // '') . " api=$shape;\n"
		. "aicost_tier to-$shape $shape/m;\n";
	$models{"$shape/m"} = { input => '2', output => '10',
		max_output => 1000, context => 100000,
		can => [qw/tools vision json_schema/] };
}

$t->gateway(http => $http, prices => prices(%models), server => <<'CONF')->run();
        location /v1beta/ {
            aicost_pass premium;
        }

        location /lenient/ {
            aicost_pass premium;
            aicost_translate lenient;
        }
CONF

my $yes = JSON::PP::true;
my $no = JSON::PP::false;
my $schema = { type => 'object', properties => {} };
my %cap = (maxOutputTokens => 50);
my @tools = ({ name => 'f', input_schema => $schema });

# client, provider, what it says, the name of it

my @cases = (
	[ openai => 'anthropic', { seed => 7 }, 'seed' ],
	[ openai => 'anthropic', { response_format =>
		{ type => 'json_object' } }, 'response_format' ],
	[ openai => 'gemini', { parallel_tool_calls => $no, tools => [ {
		type => 'function', function => { name => 'f' } } ] },
		'parallel_tool_calls' ],
	[ openai => 'bedrock', { reasoning_effort => 'low' },
		'reasoning_effort' ],
	[ responses => 'anthropic', { text => { format =>
		{ type => 'json_object' } } }, 'text.format' ],
	[ responses => 'anthropic', { text => { verbosity => 'low' } },
		'text.verbosity' ],
	[ responses => 'bedrock', { reasoning => { effort => 'low' } },
		'reasoning.effort' ],
	[ anthropic => 'openai', { top_k => 5 }, 'top_k' ],
	[ anthropic => 'openai', { stop_sequences => [ 'a' .. 'f' ] },
		'stop_sequences' ],
	[ anthropic => 'responses', { stop_sequences => ['a'] },
		'stop_sequences' ],
	[ anthropic => 'gemini', { tools => \@tools, tool_choice => {
		type => 'auto', disable_parallel_tool_use => $yes } },
		'tool_choice.disable_parallel_tool_use' ],
	[ anthropic => 'ollama', { tools => \@tools, tool_choice => {
		type => 'any' } }, 'tool_choice' ],
	[ anthropic => 'bedrock', { output_config => { effort => 'low' } },
		'output_config.effort' ],
	[ anthropic => 'bedrock', { max_tokens => 2000, thinking => {
		type => 'enabled', budget_tokens => 1024 } }, 'thinking' ],
	[ anthropic => 'ollama', { messages => [ { role => 'user', content =>
		[ { type => 'image', source => { type => 'url',
		url => 'https://a.example/b.png' } } ] } ] }, 'source.url' ],
	[ anthropic => 'openai', { messages => [ { role => 'user',
		content => 'a' }, { role => 'assistant', content => [ {
		type => 'redacted_thinking', data => 'QQ==' } ] },
		{ role => 'user', content => 'b' } ] }, 'redacted_thinking' ],
	[ gemini => 'anthropic', { generationConfig => { %cap, seed => 7 } },
		'generationConfig.seed' ],
	[ gemini => 'anthropic', { generationConfig => { %cap,
		candidateCount => 2 } }, 'generationConfig.candidateCount' ],
	[ gemini => 'openai', { generationConfig => { %cap, topK => 7 } },
		'generationConfig.topK' ],
	[ gemini => 'openai', { generationConfig => { %cap,
		stopSequences => [ 'a' .. 'e' ] } },
		'generationConfig.stopSequences' ],
	[ gemini => 'bedrock', { generationConfig => { %cap,
		responseMimeType => 'application/json' } },
		'generationConfig.responseMimeType' ],
	[ gemini => 'bedrock', { generationConfig => { %cap,
		thinkingConfig => { thinkingBudget => 100 } } },
		'generationConfig.thinkingConfig' ],
);

push @cases, [ openai => 'anthropic', { temperature => 1.5 }, 'temperature' ],
	[ responses => 'bedrock', { temperature => 2 }, 'temperature' ],
	[ gemini => 'anthropic', { generationConfig => { %cap,
		temperature => 1.1 } }, 'generationConfig.temperature' ];

# what no answer depends on, or only its maker can read

my $hm = { type => 'thinking', thinking => 'hm', signature => 'c2ln' };
my @left_out = (
	[ anthropic => 'openai', cached(), undef ],
	[ anthropic => 'openai', cached(ttl => '1h'), 'cache_control' ],
	[ anthropic => 'gemini', cached(), 'cache_control' ],
	[ anthropic => 'ollama', { tools => [ { %{ $tools[0] }, cache_control =>
		{ type => 'ephemeral' } } ] }, 'cache_control' ],
	[ anthropic => 'bedrock', cached(), undef ],
	[ anthropic => 'gemini', { metadata => { user_id => 'u' } },
		'metadata.user_id' ],
	[ anthropic => 'ollama', { %{ cached() }, metadata =>
		{ user_id => 'u' } }, 'cache_control, metadata.user_id' ],
	[ anthropic => 'openai', { messages => [ turn('user', 'a'),
		turn('assistant', $hm, { type => 'text', text => 'b' }),
		turn('user', 'c') ] }, 'signature' ],
	[ anthropic => 'ollama', { tools => \@tools, messages => [ turn('user',
		'a'), turn('assistant', { type => 'tool_use', id => 't',
		name => 'f', input => {} }), turn('user', { type =>
		'tool_result', tool_use_id => 't', is_error => $yes,
		content => 'no' }) ] }, 'is_error' ],
	[ openai => 'anthropic', { messages => [ turn('user', 'a'),
		{ %{ turn('assistant', 'b') }, reasoning_content => 'hm' },
		turn('user', 'c') ] }, 'reasoning_content' ],
	[ openai => 'anthropic', { metadata => { a => 'b' },
		prompt_cache_key => 'k' }, 'metadata, prompt_cache_key' ],
	[ openai => 'gemini', { safety_identifier => 'u' },
		'safety_identifier' ],
	[ openai => 'gemini', { user => 'u' }, 'user' ],
	[ openai => 'ollama', { tools => [ { type => 'function', function => {
		name => 'f', strict => $yes } } ] }, 'strict' ],
	[ openai => 'ollama', { tools => [ { type => 'function', function => {
		name => 'f', strict => $no } } ] }, undef ],
	[ openai => 'anthropic', { temperature => 1.0, metadata => {} },
		undef ],
	[ gemini => 'openai', { contents => [ parts('user', { text => 'a' }),
		parts('model', { functionCall => { name => 'f', args => {} },
		thoughtSignature => 'c2ln' }), parts('user', {
		functionResponse => { name => 'f', response => { a => 1 } } })
		] }, 'thoughtSignature' ],
);

###############################################################################

for (@left_out) {
	my ($client, $p, $more, $list) = @$_;
	my $name = "$client, $p, " . ($list // 'nothing');

	for my $under ('', '/lenient') {
		my $r = ask($client, $p, $more, under => $under);
		is($r->status(), 200, "$name: told $under")
			or diag($r->body());
		is($r->header('X-AICost-Dropped'), $list,
			"$name: listed $under");
	}
}

for (@cases) {
	my ($client, $p, $more, $param) = @$_;
	my $name = "$client, $p, $param";

	my $r = ask($client, $p, $more);
	my $a = shape_heard($client, $r);
	is($r->status() . ' ' . ($a->{code} // ''),
		'400 parameter_not_allowed', "$name: refused");
	like($r->body(), qr/"\Q$param\E"/, "$name: named");

	$r = ask($client, $p, $more, under => '/lenient');
	is($r->status(), 200, "$name: lenient") or diag($r->body());
	is($r->header('X-AICost-Dropped'), $param, "$name: listed");
}

###############################################################################

sub cached {
	return { system => [ { type => 'text', text => 'a', cache_control =>
		{ type => 'ephemeral', @_ } } ] };
}


sub turn {
	my ($role, @content) = @_;

	return { role => $role, content => ref $content[0] ? \@content
		: $content[0] };
}


sub parts {
	my ($role, @parts) = @_;

	return { role => $role, parts => \@parts };
}


sub ask {
	my ($client, $p, $more, %ask) = @_;

	return shape_ask($client, "to-$p", key => consumer_key('bot'),
		cap => 50, more => $more, %ask);
}

###############################################################################
