#!/usr/bin/perl

# Tests for OpenAI's Responses: a client of them, a provider of chat
# completions, and one that speaks them itself.

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

$t->gateway(
	sim => { tokens => 5 },
	prices => prices('native/one' => { input => '2', output => '10',
		can => [qw/tools vision json_schema/], max_output => 90 }),
	http => <<'CONF',
    aicost_provider native http://127.0.0.1:%%PORT_8085%%/v1 api=responses;
    aicost_tier native native/one;
CONF
	location => 'aicost_output default=33; '
		. 'aicost_budget day $aicost_consumer 10EUR/day;',
);

$t->run_daemon(\&provider, port(8085));
$t->waitforsocket(port(8085));
$t->run();

my $port = $t->{sim_port};

###############################################################################

# plain

my $r = ask(input => 'hello', instructions => 'Be brief.',
	max_output_tokens => 20);
my $j = $r->json();

is($r->status(), 200, 'plain') or diag($r->body());
is($j->{object}, 'response', 'an answer of the client\'s shape');
is($j->{status}, 'completed', 'status');
like($j->{id}, qr/^resp_[a-z0-9]{24}$/, 'id');
is($j->{output}[0]{type}, 'message', 'item');
is($j->{output}[0]{content}[0]{type}, 'output_text', 'part');
ok(length $j->{output}[0]{content}[0]{text}, 'text');
is($j->{usage}{output_tokens}, 5, 'usage');
is_deeply($j->{usage}{input_tokens_details}, { cached_tokens => 0,
	cache_write_tokens => 0 }, 'usage: nothing of a cache');
is($j->{usage}{total_tokens}, $j->{usage}{input_tokens} + 5, 'total');

my ($seen) = $t->sim_wait($port, 1);
my $sent = decode_json($seen->{body});

is($seen->{path}, '/v1/chat/completions', 'the provider\'s path');
is(join(' ', map { "$_->{role}:$_->{content}" } @{ $sent->{messages} }),
	'system:Be brief. user:hello', 'the provider\'s messages');
is($sent->{max_completion_tokens}, 20, 'the client\'s cap');
is($sent->{store}, undef, 'nothing of a store');

# a cap that the client did not name, and one that was met

$t->sim_reset($port);
ask(input => 'hello');
($seen) = $t->sim_wait($port, 1);
is(decode_json($seen->{body})->{max_completion_tokens}, 33, 'a cap put in');

$j = ask(input => 'hello', max_output_tokens => 3)->json();
is($j->{status}, 'incomplete', 'a cap that was met');
is($j->{incomplete_details}{reason}, 'max_output_tokens', 'and why');

# a stream

$r = ask(input => 'hello', stream => JSON::PP::true,
	max_output_tokens => 20);
my @e = $r->data();
my @names = map { $_->{type} } @e;

is($r->header('Content-Type'), 'text/event-stream', 'stream');
is($names[0], 'response.created', 'its first event');
is($names[-1], 'response.completed', 'its last one');
is(join(',', map { $_->{event} } $r->events()), join(',', @names),
	'events have their names');
is(join(',', map { $_->{sequence_number} } @e), join(',', 0 .. $#e),
	'and their numbers');

my $text = join '', map { $_->{delta} }
	grep { $_->{type} eq 'response.output_text.delta' } @e;

ok(length $text, 'text');
is($e[-1]{response}{output}[0]{content}[0]{text}, $text, 'said again');
is($e[-1]{response}{usage}{output_tokens}, 5, 'usage of a stream');
unlike($r->body(), qr/\[DONE\]|chat\.completion/, 'nothing of chat');

# a tool call, whole and streamed

my @tools = (tools => [ { type => 'function', name => 'weather',
	parameters => { type => 'object', properties => {} } } ]);

$t->sim_reset($port);
$t->sim_next($port, 'toolcall');
$j = ask(input => 'hello', @tools)->json();
my ($call) = grep { $_->{type} eq 'function_call' } @{ $j->{output} };

is($call->{name}, 'get_weather', 'tool call');
ok($call->{call_id}, 'its id');
ok(ref decode_json($call->{arguments}), 'its arguments');
($seen) = $t->sim_wait($port, 1);
is(decode_json($seen->{body})->{tools}[0]{function}{name}, 'weather',
	'the tool is nested there');

$t->sim_next($port, 'toolcall');
@e = ask(input => 'hello', stream => JSON::PP::true, @tools)->data();
my ($done) = grep { $_->{type} eq 'response.function_call_arguments.done' }
	@e;
is($done->{arguments}, join('', map { $_->{delta} }
	grep { $_->{type} eq 'response.function_call_arguments.delta' } @e),
	'arguments of a stream');

# and its result goes back

$t->sim_reset($port);
$r = ask(input => [ { role => 'user', content => 'w?' },
	{ %$call, type => 'function_call' },
	{ type => 'function_call_output', call_id => $call->{call_id},
		output => 'sunny' } ], @tools);
is($r->status(), 200, 'a result') or diag($r->body());
($seen) = $t->sim_wait($port, 1);
$sent = decode_json($seen->{body})->{messages};
is(join(' ', map { $_->{role} } @$sent), 'user assistant tool', 'roles');
is($sent->[2]{tool_call_id}, $call->{call_id}, 'the id of the call');

# what is refused

for my $case (
	[ previous_response_id => 'resp_1' ], [ conversation => 'conv_1' ],
	[ prompt => { id => 'p' } ], [ background => JSON::PP::true ],
	[ store => JSON::PP::true ],
	[ tools => [ { type => 'web_search' } ] ])
{
	$r = ask(input => 'hello', @$case);
	is(code($r) . ' ' . ($r->json()->{error}{param} // ''),
		"400 parameter_not_allowed $case->[0]", "refused: $case->[0]");
}

is(code(ask()), '400 missing_parameter', 'no input');

# errors of a provider

$t->sim_reset($port);
$t->sim_next($port, '400');
$r = ask(input => 'hello');
is($r->status(), 400, 'an error of the provider') or diag($r->body());
ok($r->json()->{error}{message}, 'in the client\'s shape');

$t->sim_next($port, 'errorevent=2');
@e = ask(input => 'hello', stream => JSON::PP::true)->data();
is($e[-2]{type}, 'error', 'an error in a stream');
ok($e[-2]{message}, 'its message');
is("$e[-1]{type} $e[-1]{response}{status}", 'response.failed failed',
	'and the end of the stream');

# a provider of the same shape: bytes pass, but for model and cap

my $body = '{"model":"native", "input":[{"role":"user","content":"a\u00e9"}],'
	. ' "store":true, "x":1}';
$body =~ s/, "x":1//;

$r = http_post('/v1/responses', $body,
	Authorization => 'Bearer ' . consumer_key('bot'));
is($r->status(), 200, 'native') or diag($r->body());
$j = $r->json();
is($j->{id}, 'resp_native', 'its answer as it is');
(my $got = $j->{metadata}{path}) =~ s/\s.*//;
is($got, '/v1/responses', 'its path');
(my $want = $body) =~ s/\{"model":"native"/{"max_output_tokens":33,"model":"one"/;
is($j->{metadata}{body}, $want, 'what it got');

$r = ask(model => 'native', input => 'hello', stream => JSON::PP::true);
is($r->body() =~ s/^:.*\n\n?//gmr, native_stream(), 'its stream as it is');

@e = ask(model => 'native', input => 'cut', stream => JSON::PP::true)->data();
is(join(' ', map { "$_->{type} $_->{response}{id}" } @e[0, -1]),
	'response.created resp_native response.failed resp_native',
	'one that it cuts ends with its own id');

# and chat comes to it translated

$r = chat(model => 'native', content => 'hello', max_tokens => 20);
is($r->json()->{choices}[0]{message}{content}, 'Hi', 'chat, translated')
	or diag($r->body());

# all is paid

ok(wait_for { (metric($t->metrics_now(), 'aicost_reserved',
	budget => 'day') // 1) == 0 }, 'all is settled');

my @paid;
wait_for {
	@paid = grep { $_->{settled} eq 'usage' && $_->{tier} eq 'native' }
		$t->ledger();
	@paid >= 3;
};
is(join(' ', map { "$_->{in}/$_->{out}" } @paid), '11/7 11/7 11/7',
	'by the usage of the native provider');

###############################################################################

sub ask {
	my (%ask) = @_;

	return http_post('/v1/responses', { model => 'auto', %ask },
		Authorization => 'Bearer ' . consumer_key('bot'));
}


sub native_answer {
	my ($status, $metadata) = @_;

	return { id => 'resp_native', object => 'response', created_at => 1,
		status => $status, model => 'one', metadata => $metadata,
		output => $status eq 'completed' ? [ { type => 'message',
			id => 'msg_1', role => 'assistant', content => [
				{ type => 'output_text', text => 'Hi',
					annotations => [] } ] } ] : [],
		usage => $status eq 'completed' ? { input_tokens => 11,
			output_tokens => 7, total_tokens => 18 } : undef };
}


sub native_stream {
	my $json = JSON::PP->new->canonical;

	return join '', map { "event: $_->{type}\ndata: "
		. $json->encode($_) . "\n\n" } (
		{ type => 'response.created', sequence_number => 0,
			response => native_answer('in_progress', {}) },
		{ type => 'response.output_text.delta', sequence_number => 1,
			item_id => 'msg_1', output_index => 0,
			content_index => 0, delta => 'Hi' },
		{ type => 'response.completed', sequence_number => 2,
			response => native_answer('completed', {}) });
}


# a provider that speaks Responses

sub provider {
	my ($port) = @_;

	my $server = IO::Socket::INET->new(Proto => 'tcp', Listen => 5,
		LocalAddr => "127.0.0.1:$port", ReuseAddr => 1) or die;

	while (my $c = $server->accept()) {
		my ($head, $body) = ('', '');

		while (<$c>) {
			$head .= $_;
			last if /^\r?\n$/;
		}

		my ($len) = $head =~ /^content-length: (\d+)/im or next;
		read $c, $body, $len;

		my ($path) = $head =~ /^POST (\S+)/;
		my $stream = $body =~ /"stream":\s*true/;
		my $out = $stream ? native_stream()
			: encode_json(native_answer('completed',
				{ path => $path, body => $body }));

		my $whole = length($out);
		$out =~ s/event: response.completed.*//s if $body =~ /"cut"/;

		print $c "HTTP/1.1 200 OK\r\nContent-Type: "
			. ($stream ? 'text/event-stream' : 'application/json')
			. "\r\nContent-Length: " . $whole
			. "\r\nConnection: close\r\n\r\n$out";
		close $c;
	}
}

###############################################################################
