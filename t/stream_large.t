#!/usr/bin/perl

# Tests for streams whose events, or whose answers, are longer than one is
# used to: told to clients of every shape, and paid by their usage.

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

my @CLIENTS = qw/openai responses anthropic gemini/;
my @SHAPES = qw/openai responses anthropic gemini ollama bedrock/;
my %base = (openai => '/v1', responses => '/v1', gemini => '/v1beta');
my %type = (ollama => 'application/x-ndjson',
	bedrock => 'application/vnd.amazon.eventstream');
my ($http, %models) = '';

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9010%%"
		. ($base{$shape} // '') . " api=$shape;\n"
		. "aicost_tier to-$shape $shape/m;\n";
	$models{"$shape/m"} = { input => '2', output => '10',
		max_output => 200000, context => 400000, can => ['tools'] };
}

$t->gateway(http => $http, prices => prices(%models), server => <<'CONF');
        location /v1beta/ {
            aicost_pass premium;
        }

        location /small/ {
            aicost_pass premium;
            aicost_answer_buffer 128k;
        }
CONF

canned($t, 9010);
$t->run();

# 300 KB of text with all that JSON escapes, in pieces that cut no character

my $LONG = join '', map { sprintf "%07d \"\\/\x{e9}\n", $_ } 1 .. 20000;
my @PIECES = $LONG =~ /(.{1,4000})/sg;
my %ARGS = (items => [ map { { n => $_, s => "a\"$_" } } 1 .. 5000 ],
	text => ($LONG =~ tr/\xe9/e/r));
my $ARGS = JSON::PP->new->canonical->encode(\%ARGS);
my @FRAGMENTS = $ARGS =~ /(.{1,4000})/sg;
my ($IN, $OUT) = (9, 75000);
my $COST = $IN * 2000 + $OUT * 10000;
my $lines = 0;

cmp_ok(length encode_json([$LONG]), '>', 300_000, 'long enough');

###############################################################################

for my $p (@SHAPES) {
	my %said = (
		'one event' => said_text($p, $LONG),
		'many events' => said_text($p, @PIECES),
	);

	text($_, $p, 'one event', $said{'one event'}) for @CLIENTS;
	text($_, $p, 'many events', $said{'many events'})
		for qw/responses gemini/;

	# Gemini's clients get an object, others a string

	call($_, $p, 'one event', said_call($p, $ARGS))
		for qw/anthropic gemini/;
	call('gemini', $p, 'many events', said_call($p, @FRAGMENTS))
		if $p !~ /gemini|ollama/;
}

# more than may be held: an end of the client's shape, charged as reserved

for my $p (@SHAPES) {
	my $client = $p eq 'anthropic' ? 'openai' : 'anthropic';

	canned_says(200, said_text($p, $LONG), $type{$p}
		// 'text/event-stream');
	my ($r, $a) = asked($client, $p, under => '/small');
	is($r->status(), 200, "$client, $p, over the buffer: status");
	ok($a->{error}, "$client, $p, over the buffer: an error");
	ok(!$a->{bad}, "$client, $p, over the buffer: in its shape");
	cmp_ok($a->{cost}, '>=', 1_000_000, "$client, $p, over the buffer: "
		. 'cost');
}

like($t->read_log(), qr/an event over aicost_answer_buffer/, 'and it is said');

###############################################################################

sub text {
	my ($client, $p, $how, $body) = @_;
	my $name = "$client, $p, $how";

	canned_says(200, $body, $type{$p} // 'text/event-stream');
	my ($r, $a) = asked($client, $p);

	is($r->status(), 200, "$name: status");
	ok($a->{text} eq $LONG, "$name: text") or diag(length $a->{text});
	ok($a->{whole}, "$name: ends as its shape does");
	is($a->{bad} // $a->{error}, undef, "$name: nothing else");
	is($a->{out}, $OUT, "$name: usage");
	is($a->{cost}, $COST, "$name: cost");

	my ($last) = grep { ref && ($_->{type} // '') eq 'response.completed' }
		$r->data();
	ok($last->{response}{output}[0]{content}[0]{text} eq $LONG,
		"$name: said again") if $client eq 'responses';

	(my $passed = $r->body()) =~ s/^: aicost.*\n\n?//m;
	ok($passed eq $body, "$name: as it came") if $client eq $p;
}


sub call {
	my ($client, $p, $how, $body) = @_;
	my $name = "$client, $p, call, $how";

	canned_says(200, $body, $type{$p} // 'text/event-stream');
	my ($r, $a) = asked($client, $p);

	is($a->{tool}, 'f', "$name: tool");
	is(JSON::PP->new->canonical->encode($a->{call}{arguments} // {}),
		$ARGS, "$name: arguments") or diag(substr $r->body(), -300);
	ok($a->{whole}, "$name: ends as its shape does");
	is($a->{cost}, $COST, "$name: cost");
}


# stream of a shape: the text in pieces, or a call's arguments

sub said_text {
	my ($p, @pieces) = @_;

	return stream($p, 'text', @pieces);
}


sub said_call {
	my ($p, @pieces) = @_;

	return stream($p, 'call', @pieces);
}


sub stream {
	my ($p, $kind, @pieces) = @_;
	my $json = JSON::PP->new->canonical->utf8;
	my @e = { openai => \&of_openai, responses => \&of_responses,
		anthropic => \&of_anthropic, gemini => \&of_gemini,
		ollama => \&of_ollama, bedrock => \&of_bedrock
		}->{$p}->($kind eq 'call', @pieces);

	return join('', map { canned_event($p, ref $_ eq 'ARRAY' ? ($_->[0],
		$json->encode($_->[1])) : ('', $json->encode($_))) } @e)
		. ($p eq 'openai' ? "data: [DONE]\n\n" : '');
}


sub of_openai {
	my ($call, @pieces) = @_;
	my $n = 0;
	my $chunk = sub { { object => 'chat.completion.chunk', id => 'c',
		choices => [ { index => 0, @_ } ] } };

	return (map({ $chunk->(delta => $call ? { tool_calls => [ { index => 0,
		$n++ ? () : (id => 'c1', type => 'function'), function => {
		$n > 1 ? () : (name => 'f'), arguments => $_ } } ] }
		: { content => $_ }) } @pieces),
		$chunk->(delta => {}, finish_reason => $call ? 'tool_calls'
		: 'stop'), { object => 'chat.completion.chunk', id => 'c',
		choices => [], usage => { prompt_tokens => $IN,
		completion_tokens => $OUT } });
}


sub of_responses {
	my ($call, @pieces) = @_;
	my $n = 0;
	my $e = sub { [ $_[0] => { type => $_[0], sequence_number => $n++,
		@_[1 .. $#_] } ] };
	my %at = (item_id => 'i', output_index => 0);
	my $whole = join '', @pieces;
	my $item = sub { $call ? { type => 'function_call', id => 'i', call_id =>
		'c1', name => 'f', arguments => $_[0] } : { type => 'message',
		id => 'i', role => 'assistant', content => [ map { { type =>
		'output_text', text => $_, annotations => [] } }
		grep { length } $_[0] ] } };
	my $name = $call ? 'response.function_call_arguments'
		: 'response.output_text';

	return ($e->('response.created', response => { id => 'r', object =>
		'response', status => 'in_progress', output => [] }),
		$e->('response.output_item.added', output_index => 0,
			item => $item->('')),
		map({ $e->("$name.delta", %at, $call ? () : (content_index =>
			0), delta => $_) } @pieces),
		$e->("$name.done", %at, $call ? (arguments => $whole)
			: (content_index => 0, text => $whole)),
		$e->('response.output_item.done', output_index => 0,
			item => $item->($whole)),
		$e->('response.completed', response => { id => 'r', object =>
			'response', status => 'completed', output =>
			[ $item->($whole) ], usage => { input_tokens => $IN,
			output_tokens => $OUT } }));
}


sub of_anthropic {
	my ($call, @pieces) = @_;
	my $e = sub { [ $_[0] => { type => $_[0], @_[1 .. $#_] } ] };

	return ($e->('message_start', message => { id => 'm', model => 'm',
		usage => { input_tokens => $IN, output_tokens => 1 } }),
		$e->('content_block_start', index => 0, content_block => $call
			? { type => 'tool_use', id => 'c1', name => 'f',
			input => {} } : { type => 'text', text => '' }),
		map({ $e->('content_block_delta', index => 0, delta => $call
			? { type => 'input_json_delta', partial_json => $_ }
			: { type => 'text_delta', text => $_ }) } @pieces),
		$e->('content_block_stop', index => 0),
		$e->('message_delta', delta => { stop_reason => $call
			? 'tool_use' : 'end_turn' }, usage =>
			{ output_tokens => $OUT }), $e->('message_stop'));
}


sub of_gemini {
	my ($call, @pieces) = @_;

	return (map({ { candidates => [ { content => { parts => [ $call
		? { functionCall => { name => 'f', args => decode_args($_) } }
		: { text => $_ } ] } } ] } } @pieces), { candidates => [ {
		content => { parts => [] }, finishReason => 'STOP' } ],
		usageMetadata => { promptTokenCount => $IN,
		candidatesTokenCount => $OUT } });
}


sub of_ollama {
	my ($call, @pieces) = @_;

	return (map({ { done => JSON::PP::false, message => $call ? { content =>
		'', tool_calls => [ { function => { name => 'f', arguments =>
		decode_args($_) } } ] } : { content => $_ } } } @pieces),
		{ done => JSON::PP::true, done_reason => 'stop', message =>
		{ content => '' }, prompt_eval_count => $IN, eval_count =>
		$OUT });
}


sub of_bedrock {
	my ($call, @pieces) = @_;

	return ([ messageStart => { role => 'assistant' } ],
		$call ? [ contentBlockStart => { contentBlockIndex => 0,
			start => { toolUse => { name => 'f', toolUseId =>
			'c1' } } } ] : (),
		map({ [ contentBlockDelta => { contentBlockIndex => 0, delta =>
			$call ? { toolUse => { input => $_ } }
			: { text => $_ } } ] } @pieces),
		[ contentBlockStop => { contentBlockIndex => 0 } ],
		[ messageStop => { stopReason => $call ? 'tool_use'
			: 'end_turn' } ],
		[ metadata => { usage => { inputTokens => $IN,
			outputTokens => $OUT } } ]);
}


sub decode_args {
	return JSON::PP->new->decode($_[0]);
}


sub asked {
	my ($client, $p, %ask) = @_;
	my $r = shape_ask($client, "to-$p", key => consumer_key('bot'),
		cap => 100000, stream => 1, %ask);
	my $a = shape_heard($client, $r, 1);

	$a->{cost} = nano(($t->ledger(++$lines))[-1]{cost});

	return ($r, $a);
}

###############################################################################
