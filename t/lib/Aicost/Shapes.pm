package Aicost::Shapes;

# Clients of the API shapes, as their SDKs ask and understand, and what a
# provider of a shape is to see.

use warnings;
use strict;

use Exporter qw/import/;
use JSON::PP;

use Aicost::Http;

our @EXPORT = qw/shape_ask shape_heard finish wanted said tool/;

my $SYSTEM = 'You are terse.';
my $USER = 'What is the weather?';
my $SCHEMA = { type => 'object', properties => { city => { type => 'string' } },
	required => ['city'] };
my %FUNCTION = (name => 'get_weather', description => 'Weather of a city');

###############################################################################

# shape_ask('gemini', 'tier', key => '...', cap => 50, stream => 1, tools => 1,
# more => { member => value }, headers => { name => value }, under => '/prefix', session => '...')

sub shape_ask {
	my ($client, $model, %ask) = @_;
	my ($path, $body, $header) = _ask($client, $model, %ask);

	%$body = (%$body, %{ $ask{more} || {} });

	return http_post(($ask{under} // '') . $path, $body,
		$header => ($header eq 'Authorization' ? 'Bearer ' : '')
		. $ask{key}, $client eq 'anthropic' && !exists
		$ask{headers}{'anthropic-version'}
		? ('anthropic-version' => '2023-06-01') : (),
		%{ $ask{headers} || {} },
		defined $ask{session} ? ('X-AICost-Session' => $ask{session})
		: ());
}


sub _ask {
	my ($client, $model, %ask) = @_;
	my %stream = $ask{stream} ? (stream => JSON::PP::true) : ();

	return ('/v1/chat/completions', { model => $model, %stream,
		max_completion_tokens => $ask{cap}, messages => [
			{ role => 'system', content => $SYSTEM },
			{ role => 'user', content => $USER } ],
		$ask{stream} ? (stream_options =>
			{ include_usage => JSON::PP::true }) : (),
		$ask{tools} ? (tools => [ { type => 'function', function =>
			{ %FUNCTION, parameters => $SCHEMA } } ]) : () },
		'Authorization') if $client eq 'openai';

	return ('/v1/responses', { model => $model, %stream,
		max_output_tokens => $ask{cap}, instructions => $SYSTEM,
		input => $USER, $ask{tools} ? (tools => [ { type => 'function',
			%FUNCTION, parameters => $SCHEMA } ]) : () },
		'Authorization') if $client eq 'responses';

	return ('/v1/messages', { model => $model, %stream,
		max_tokens => $ask{cap}, system => $SYSTEM,
		messages => [ { role => 'user', content => $USER } ],
		$ask{tools} ? (tools => [ { %FUNCTION,
			input_schema => $SCHEMA } ]) : () }, 'x-api-key')
		if $client eq 'anthropic';

	return ("/v1beta/models/$model:" . ($ask{stream}
		? 'streamGenerateContent?alt=sse' : 'generateContent'), {
		systemInstruction => { parts => [ { text => $SYSTEM } ] },
		contents => [ { role => 'user',
			parts => [ { text => $USER } ] } ],
		generationConfig => { maxOutputTokens => $ask{cap} },
		$ask{tools} ? (tools => [ { functionDeclarations => [ {
			%FUNCTION, parameters => $SCHEMA } ] } ]) : () },
		'x-goog-api-key');
}

###############################################################################

# { text, finish, in, out, call, error, code, cost, whole, bad }

sub shape_heard {
	my ($client, $r, $stream) = @_;
	my %a = (text => '');

	my ($cost) = $stream && $r->status() == 200
		? map { /aicost cost=([\d.]+)/ } $r->comments()
		: $r->header('X-AICost-Cost') // ();
	$a{cost} = Aicost::Test::nano($cost) if defined $cost;

	my @said = $stream && $r->status() == 200 ? $r->data() : ($r->json());
	my %how = (openai => \&_openai, anthropic => \&_anthropic,
		gemini => \&_gemini, responses => \&_responses);

	for my $d (@said) {
		if (ref $d ne 'HASH' && !($client eq 'openai' && $stream
			&& ($d // '') eq '[DONE]'))
		{
			$a{bad} = $d // '(nothing)';
			next;
		}

		$a{done} = 1, next if !ref $d;
		$a{bad} = 'after the end' if $a{done};
		$how{$client}->(\%a, $d);
	}

	$a{whole} = $stream ? $a{done} : 1;
	$a{whole} = 0 if $a{bad} || $a{error};
	$a{call} = { name => $a{tool}, arguments => ref $a{args} ? $a{args}
		: scalar eval { decode_json($a{args} // '') } } if $a{tool};

	return \%a;
}


sub _openai {
	my ($a, $d) = @_;

	if ($d->{error}) {
		$a->{error} = $d->{error}{type};
		$a->{code} = $d->{error}{code};
		return;
	}

	$a->{bad} = 'no object' unless ($d->{object} // '')
		=~ /^chat\.completion/ && ref $d->{choices} && $d->{id};

	for my $c (@{ $d->{choices} }) {
		my $m = $c->{message} || $c->{delta};

		$a->{text} .= $m->{content} // '';
		$a->{finish} = $c->{finish_reason} if $c->{finish_reason};

		for my $call (@{ $m->{tool_calls} || [] }) {
			$a->{tool} = $call->{function}{name}
				if defined $call->{function}{name};
			$a->{args} .= $call->{function}{arguments};
		}
	}

	@$a{qw/in out/} = @{ $d->{usage} }{qw/prompt_tokens completion_tokens/}
		if $d->{usage};
}


sub _responses {
	my ($a, $d) = @_;
	my $type = $d->{type} // '';
	my $response = $type ? $d->{response} : $d;

	if ($type eq 'error' || !$type && $d->{error}) {
		$a->{error} = ($d->{error} || $d)->{type};
		$a->{code} = ($d->{error} || $d)->{code};
		return;
	}

	$a->{text} .= $d->{delta} if $type eq 'response.output_text.delta';
	$a->{args} .= $d->{delta}
		if $type eq 'response.function_call_arguments.delta';
	$a->{tool} = $d->{item}{name}
		if $type eq 'response.output_item.added' && $d->{item}{name};
	return if $type && $type !~ /^response\.(?:completed|incomplete|failed)$/;

	$a->{done} = 1 if $type;
	$a->{finish} = $response->{status};
	$a->{failed} = $response->{error}{code} if $response->{error};
	@$a{qw/in out/} = @{ $response->{usage} }{qw/input_tokens
		output_tokens/} if $response->{usage};

	return if $type;

	for my $item (@{ $d->{output} }) {
		$a->{text} .= $_->{text} for @{ $item->{content} || [] };
		@$a{qw/tool args/} = @$item{qw/name arguments/}
			if $item->{type} eq 'function_call';
	}
}


sub _anthropic {
	my ($a, $d) = @_;
	my $type = $d->{type} // '';

	if ($type eq 'error') {
		$a->{error} = $d->{error}{type};
		$a->{code} = $d->{error}{code};

	} elsif ($type eq 'message') {
		_anthropic_block($a, $_) for @{ $d->{content} };
		$a->{finish} = $d->{stop_reason};
		_anthropic_usage($a, $d->{usage});

	} elsif ($type eq 'message_start') {
		$a->{started} = 1;

	} elsif ($type eq 'content_block_start') {
		$a->{bad} = 'blocks overlap' if defined $a->{open};
		$a->{open} = $d->{index};
		_anthropic_block($a, $d->{content_block});
		delete $a->{args};

	} elsif ($type eq 'content_block_delta') {
		$a->{bad} = 'no such block' if ($a->{open} // -1)
			!= $d->{index};
		$a->{text} .= $d->{delta}{text} // '';
		$a->{args} .= $d->{delta}{partial_json} // '';

	} elsif ($type eq 'content_block_stop') {
		delete $a->{open};

	} elsif ($type eq 'message_delta') {
		$a->{finish} = $d->{delta}{stop_reason};
		_anthropic_usage($a, $d->{usage});

	} elsif ($type eq 'message_stop') {
		$a->{done} = $a->{started} && !defined $a->{open};

	} elsif ($type ne 'ping') {
		$a->{bad} = "type $type";
	}
}


sub _anthropic_block {
	my ($a, $b) = @_;

	$a->{text} .= $b->{text} // '';

	if ($b->{type} eq 'tool_use') {
		$a->{tool} = $b->{name};
		$a->{args} = $b->{input};
	}
}


sub _anthropic_usage {
	my ($a, $u) = @_;

	$a->{in} = ($u->{input_tokens} // 0) + ($u->{cache_read_input_tokens} // 0)
		+ ($u->{cache_creation_input_tokens} // 0);
	$a->{out} = $u->{output_tokens};
}


sub _gemini {
	my ($a, $d) = @_;

	if ($d->{error}) {
		$a->{error} = $d->{error}{status};
		$a->{code} = $d->{error}{details}[0]{reason};
		return;
	}

	$a->{bad} = 'no candidates' unless ref $d->{candidates};

	for my $c (@{ $d->{candidates} || [] }) {
		for my $part (@{ $c->{content}{parts} || [] }) {
			$a->{text} .= $part->{text} // '';
			next unless $part->{functionCall};
			$a->{tool} = $part->{functionCall}{name};
			$a->{args} = $part->{functionCall}{args};
		}

		$a->{finish} = $c->{finishReason} if $c->{finishReason};
	}

	$a->{done} = 1 if $a->{finish};

	my $u = $d->{usageMetadata} or return;
	$a->{in} = $u->{promptTokenCount};
	$a->{out} = ($u->{candidatesTokenCount} // 0)
		+ ($u->{thoughtsTokenCount} // 0);
}


sub finish {
	my ($client, $why) = @_;

	return { openai => { stop => 'stop', calls => 'tool_calls',
			length => 'length' },
		responses => { stop => 'completed', calls => 'completed',
			length => 'incomplete' },
		anthropic => { stop => 'end_turn', calls => 'tool_use',
			length => 'max_tokens' },
		gemini => { stop => 'STOP', calls => 'STOP',
			length => 'MAX_TOKENS' } }->{$client}{$why};
}

###############################################################################

# (path => ..., key => its header, model => in the body)

sub wanted {
	my ($p, $stream) = @_;
	my $g = $stream ? 'streamGenerateContent?alt=sse' : 'generateContent';

	return @{ {
		openai => [ path => '/v1/chat/completions',
			key => 'authorization', model => 'big' ],
		responses => [ path => '/v1/responses',
			key => 'authorization', model => 'big' ],
		azure => [ path => '/openai/deployments/big/chat/completions'
			. '?api-version=2024-10-21', key => 'api-key' ],
		anthropic => [ path => '/v1/messages', key => 'x-api-key',
			model => 'big' ],
		gemini => [ path => "/v1beta/models/big:$g",
			key => 'x-goog-api-key', model => undef ],
		ollama => [ path => '/api/chat', key => 'authorization',
			model => 'big' ],
		bedrock => [ path => '/model/big/converse'
			. ($stream ? '-stream' : ''), key => 'authorization',
			model => undef ],
	}->{$p} };
}


# (system, user, cap) of a body in a provider's shape

sub said {
	my ($p, $b) = @_;

	return (_text($b->{messages}[0]{content}),
		_text($b->{messages}[1]{content}), $b->{max_completion_tokens}
		// $b->{max_tokens}) if $p eq 'openai' || $p eq 'azure';

	return ((map { $_ ? (_text($_)) : () } $b->{instructions}),
		ref $b->{input} ? (map { _text($_->{content}) } @{ $b->{input} })
		: $b->{input}, $b->{max_output_tokens}) if $p eq 'responses';

	return (_text($b->{system}), _text($b->{messages}[0]{content}),
		$b->{max_tokens}) if $p eq 'anthropic';

	return (_text($b->{systemInstruction}{parts}),
		_text($b->{contents}[0]{parts}),
		$b->{generationConfig}{maxOutputTokens}) if $p eq 'gemini';

	return ($b->{messages}[0]{content}, $b->{messages}[1]{content},
		$b->{options}{num_predict}) if $p eq 'ollama';

	return (_text($b->{system}), _text($b->{messages}[0]{content}),
		$b->{inferenceConfig}{maxTokens});
}


sub _text {
	my ($content) = @_;

	return ref $content ? join '', map { $_->{text} } @$content : $content;
}


# the first tool of such a body

sub tool {
	my ($p, $b) = @_;

	my ($tool, $schema) = $p eq 'anthropic'
		? ($b->{tools}[0], 'input_schema')
		: $p eq 'gemini' ? ($b->{tools}[0]{functionDeclarations}[0],
			'parameters')
		: $p eq 'bedrock' ? ($b->{toolConfig}{tools}[0]{toolSpec},
			'inputSchema')
		: $p eq 'responses' ? ($b->{tools}[0], 'parameters')
		: ($b->{tools}[0]{function}, 'parameters');

	my $s = $tool->{$schema} // $tool->{parametersJsonSchema};

	return { name => $tool->{name}, description => $tool->{description},
		schema => $p eq 'bedrock' ? $s->{json} : $s };
}

1;
