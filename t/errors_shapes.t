#!/usr/bin/perl

# Tests for what a client is told of a provider's error: the class in its own
# shape's words, before an answer, inside of one and in the middle of a stream.

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
my ($http, %models) = '';

for my $shape (@SHAPES) {
	$http .= "aicost_provider $shape http://127.0.0.1:%%PORT_9010%%"
		. ($base{$shape} // '') . " api=$shape "
		. "key=file:%%TESTDIR%%/secret;\n";

	$http .= "aicost_tier to-$shape $shape/m;\n";
	$models{"$shape/m"} = { input => '2', output => '10',
		max_output => 1000, context => 100000, can => ['tools'] };
}

$t->write_file('secret', "key-of-the-provider\n");
$t->secret('key-of-the-provider');

$t->gateway(http => $http, prices => prices(%models), server => <<'CONF');
        location /v1beta/ {
            aicost_pass premium;
        }
CONF

$t->expect_log(qr/says it is out of money/);

canned($t, 9010);
$t->run();

# status, what the provider says by its shape; class that the client is told

my @cases = (
	[400, 'invalid', 'bad'], [404, 'missing', 'missing'],
	[404, undef, 'missing'], [413, 'large', 'large'],
	[413, undef, 'large'], [422, 'invalid', 'bad'], [409, undef, 'bad'],
	[401, 'key', 'failed'], [403, 'key', 'failed'],
	[429, 'slow', 'failed'], [402, 'money', 'failed'],
	[500, undef, 'failed'], [529, 'busy', 'failed'],
	[200, 'slow', 'failed'], [200, 'key', 'failed'],
	[200, 'missing', 'missing'], [200, 'invalid', 'bad'],
);

# status, type, code

my %told = (
	bad => { code => 'bad_request', status => 400,
		openai => 'invalid_request_error',
		anthropic => 'invalid_request_error',
		gemini => 'INVALID_ARGUMENT' },
	missing => { code => 'not_found', status => 404,
		openai => 'invalid_request_error',
		anthropic => 'not_found_error', gemini => 'NOT_FOUND' },
	large => { code => 'request_too_large', status => 413,
		openai => 'invalid_request_error',
		anthropic => 'request_too_large',
		gemini => 'INVALID_ARGUMENT' },
	failed => { code => 'all_providers_failed', status => 502,
		openai => 'server_error', anthropic => 'api_error',
		gemini => 'UNAVAILABLE' },
	slow => { code => 'rate_limited', openai => 'rate_limit_error',
		anthropic => 'rate_limit_error',
		gemini => 'RESOURCE_EXHAUSTED' },
	busy => { code => 'overloaded', openai => 'server_error',
		anthropic => 'overloaded_error', gemini => 'UNAVAILABLE' },
);

# of a provider: { shape => { what => body } }

my %words = (
	openai => { invalid => 'invalid_request_error',
		missing => 'model_not_found', large => 'request_too_large',
		key => 'invalid_api_key', slow => 'rate_limit_exceeded',
		money => 'insufficient_quota',
		busy => 'server_is_overloaded' },
	anthropic => { invalid => 'invalid_request_error',
		missing => 'not_found_error', large => 'request_too_large',
		key => 'authentication_error', slow => 'rate_limit_error',
		money => 'billing_error', busy => 'overloaded_error' },
	gemini => { invalid => 'INVALID_ARGUMENT', missing => 'NOT_FOUND',
		large => 'request_too_large', key => 'PERMISSION_DENIED',
		slow => 'RESOURCE_EXHAUSTED', money => 'billing_error',
		busy => 'UNAVAILABLE' },
	bedrock => { invalid => 'ValidationException',
		missing => 'ResourceNotFoundException',
		key => 'AccessDeniedException',
		slow => 'ThrottlingException',
		busy => 'ServiceUnavailableException' },
);
$words{responses} = $words{openai};

###############################################################################

for my $client (@CLIENTS) {
	for my $p (@SHAPES) {
		next if $client eq $p;

		whole($client, $p, @$_) for @cases;
		midway($client, $p, @$_) for ([ 'slow', 'slow' ],
			[ 'busy', 'busy' ], [ 'invalid', 'bad' ],
			[ 'key', 'failed' ], [ 'missing', 'missing' ]);
	}
}

# what is no JSON

canned_says(404, '<html>nothing here</html>', 'text/html');
my ($r, $a) = asked('anthropic', 'openai');
is($r->status() . " $a->{error}", '404 not_found_error', 'a page, 404');
is($r->header('Content-Type'), 'application/json', 'in the client\'s shape');

canned_says(400, '');
($r, $a) = asked('anthropic', 'openai');
is($r->status() . " $a->{error}", '400 invalid_request_error', 'nothing, 400');

###############################################################################

sub whole {
	my ($client, $p, $status, $what, $class) = @_;
	my $name = "$client, $p, $status " . ($what // 'page');

	return if $p eq 'ollama' && $status == 200 && $what ne 'slow';
	return if defined $what && $p eq 'bedrock' && !$words{$p}{$what};

	canned_says($status, defined $what ? body($p, $what) : '<html>');
	my ($r, $a) = asked($client, $p);

	is($r->status(), $told{$class}{status}, "$name: status")
		or diag($r->body());
	is($a->{error}, $told{$class}{type($client)}, "$name: type")
		or diag($r->body());
	is($a->{code}, $told{$class}{code}, "$name: code");

	like($r->body(), qr/say: $what/, "$name: message")
		if defined $what && $class ne 'failed';
	unlike($r->body(), qr/say:/, "$name: no message") if $class eq 'failed';
}


sub midway {
	my ($client, $p, $what, $class) = @_;
	my $name = "$client, $p, midway $what";

	return if $p eq 'ollama';

	canned_says(200, start($p) . fault($p, $what), $p eq 'bedrock'
		? 'application/vnd.amazon.eventstream' : 'text/event-stream');
	my ($r, $a) = asked($client, $p, stream => 1);

	is($r->status(), 200, "$name: status");
	is($a->{text}, 'Hi', "$name: text");
	is($a->{error}, $client eq 'responses' ? 'error'
		: $told{$class}{$client}, "$name: type") or diag($r->body());
	is($a->{code}, $told{$class}{code}, "$name: code");

	$class eq 'failed'
		? unlike($r->body(), qr/say:/, "$name: no message")
		: like($r->body(), qr/say: $what/, "$name: message");

	is($a->{failed}, { slow => 'rate_limit_exceeded', busy =>
		'server_error', failed => 'server_error' }->{$class}
		// 'invalid_prompt', "$name: of the response")
		if $client eq 'responses';
}


sub type {
	return $_[0] eq 'responses' ? 'openai' : $_[0];
}


sub body {
	my ($p, $what) = @_;
	my $word = $words{$p}{$what} // '';

	return encode_json($p eq 'bedrock'
		? { message => "say: $what", __type => $word }
		: $p eq 'ollama' ? { error => "say: $what" }
		: { $p eq 'anthropic' ? (type => 'error') : (), error => {
			message => "say: $what", $p eq 'gemini'
			? (status => $word, $word =~ /[a-z]/
				? (details => [ { reason => $word } ]) : ())
			: $p eq 'anthropic' ? (type => $word)
			: (code => $word) } });
}


sub fault {
	my ($p, $what) = @_;

	# AWS says the type in the head of the frame alone

	return canned_frame(':message-type' => 'exception', ':exception-type' =>
		lcfirst $words{$p}{$what}, ':content-type' =>
		'application/json', '' => encode_json({ message =>
		"say: $what" })) if $p eq 'bedrock';

	return canned_event($p, 'error', encode_json({ type => 'error',
		sequence_number => 2, code => $words{$p}{$what},
		message => "say: $what" })) if $p eq 'responses';

	return canned_event($p, $p eq 'anthropic' ? 'error' : '',
		body($p, $what));
}


sub start {
	my ($p) = @_;

	my %events = (
		openai => [ [ '', { object => 'chat.completion.chunk',
			choices => [ { index => 0, delta =>
				{ content => 'Hi' } } ] } ] ],
		responses => [ [ 'response.created', { type =>
			'response.created', sequence_number => 0, response =>
			{ id => 'resp_1', status => 'in_progress', output => []
			} } ], [ 'response.output_text.delta', { type =>
			'response.output_text.delta', sequence_number => 1,
			output_index => 0, content_index => 0, item_id => 'm',
			delta => 'Hi' } ] ],
		anthropic => [ [ 'message_start', { type => 'message_start',
			message => { id => 'msg_1', model => 'm', usage =>
			{ input_tokens => 1, output_tokens => 0 } } } ],
			[ 'content_block_start', { type =>
			'content_block_start', index => 0, content_block =>
			{ type => 'text', text => '' } } ],
			[ 'content_block_delta', { type =>
			'content_block_delta', index => 0, delta =>
			{ type => 'text_delta', text => 'Hi' } } ] ],
		gemini => [ [ '', { candidates => [ { content => { role =>
			'model', parts => [ { text => 'Hi' } ] } } ] } ] ],
		bedrock => [ [ 'messageStart', { role => 'assistant' } ],
			[ 'contentBlockDelta', { contentBlockIndex => 0,
			delta => { text => 'Hi' } } ] ],
	);

	return join '', map { canned_event($p, $_->[0],
		encode_json($_->[1])) } @{ $events{$p} };
}


sub asked {
	my ($client, $p, %ask) = @_;
	my $r = shape_ask($client, "to-$p",
		key => consumer_key('bot'), cap => 50, %ask);

	return ($r, shape_heard($client, $r, $ask{stream}));
}

###############################################################################
