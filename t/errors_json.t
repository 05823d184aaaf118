#!/usr/bin/perl

# Tests for strict JSON: what could be read in two ways, or names more than
# what is priced, is refused before it costs anything.

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
	http => <<'CONF',
    aicost_provider own http://127.0.0.1:%%PORT_9000%%/v1 api=openai
        extra=pass;
    aicost_tier own own/model;
CONF
	prices => prices('own/model' => { input => '1', output => '1' }),
)->run();

my $port = $t->{sim_port};

my $hi = '"messages":[{"role":"user","content":"hi"}]';
my $ok = "\"model\":\"auto\",$hi";

# what is refused, with which member

refused('empty of JSON', '', 'empty_body');
refused('white space', " \n", 'empty_body');
refused('an array', "[{$ok}]", 'invalid_json');
refused('a string', '"auto"', 'invalid_json');
refused('a trailing comma', "{$ok,}", 'invalid_json');
refused('a comment', "{$ok/**/}", 'invalid_json');
refused('single quotes', "{'model':'auto',$hi}", 'invalid_json');
refused('NaN', "{$ok,\"temperature\":NaN}", 'invalid_json');
refused('a leading zero', "{$ok,\"max_tokens\":01}", 'invalid_json');
refused('a plus sign', "{$ok,\"max_tokens\":+1}", 'invalid_json');
refused('a BOM', "\xef\xbb\xbf{$ok}", 'invalid_json');
refused('UTF-16', join("\0", split //, "{$ok}") . "\0", 'invalid_json');
refused('a trailing byte', "{$ok}x", 'invalid_json');
refused('a trailing NUL', "{$ok}\0", 'invalid_json');
refused('two values', "{$ok}{$ok}", 'invalid_json');
refused('a control byte', "{$ok,\"user\":\"a\tb\"}", 'invalid_json');
refused('no UTF-8', "{$ok,\"user\":\"a\xff\"}", 'invalid_json');
refused('an overlong slash', "{$ok,\"user\":\"\xc0\xaf\"}", 'invalid_json');
refused('a lone surrogate', "{$ok,\"user\":\"\\ud800\"}", 'invalid_json');
refused('not ended', "{$ok", 'invalid_json');

refused('twice', "{$ok,\"max_tokens\":1,\"max_tokens\":1}",
	'duplicate_member');
refused('twice in a message', '{"model":"auto","messages":[{"role":"user",'
	. '"content":"a","content":"b"}]}', 'duplicate_member');
refused('twice by an escape', "{$ok,\"mode\\u006c\":\"own\"}",
	qr/^(?:duplicate|ambiguous)_member$/);
refused('an escaped name', "{$hi,\"mode\\u006c\":\"auto\"}",
	'ambiguous_member');
refused('a case twin', "{$ok,\"Model\":\"own\"}", 'ambiguous_member', 'Model');
refused('another case alone', "{$ok,\"MAX_TOKENS\":1}", 'ambiguous_member',
	'MAX_TOKENS');
refused('a case twin in a message', '{"model":"auto","messages":[{"role":'
	. '"user","content":"a","CONTENT":"b"}]}', 'ambiguous_member',
	'CONTENT');
refused('a long s', "{$ok,\"\x{c5}\x{bf}tream\":true}", 'ambiguous_member');

refused('too deep', "{$ok,\"metadata\":" . '[' x 64 . ']' x 64 . '}',
	'json_too_deep');
refused('too deep by far', '[' x 500_000, 'json_too_deep');
refused('too many members', "{$ok,\"metadata\":{" . members(1025) . '}}',
	'too_many_members');
refused('too many at the top', "{$ok," . members(1023) . '}',
	'too_many_members');
refused('too many messages', '{"model":"auto","messages":['
	. join(',', ('{"role":"user","content":"a"}') x 4097) . ']}',
	'too_many_messages', 'messages');

for my $cap ('0', '-1', '10000001', '1.5', '"5"', 'true', '[5]', '{}', '1e99',
	'9223372036854775808')
{
	refused("cap $cap", "{$ok,\"max_tokens\":$cap}", 'invalid_parameter',
		'max_tokens');
}

refused('two caps', "{$ok,\"max_tokens\":5,\"max_completion_tokens\":6}",
	'invalid_parameter', 'max_completion_tokens');
refused('nine choices', "{$ok,\"n\":9}", 'invalid_parameter', 'n');
refused('no messages', '{"model":"auto","messages":[]}', 'invalid_parameter',
	'messages');
refused('a stream of 1', "{$ok,\"stream\":1}", 'invalid_parameter', 'stream');
refused('no model', "{$hi,\"model\":null}", 'invalid_parameter', 'model');
refused('an empty model', "{$hi,\"model\":\"\"}", 'invalid_parameter',
	'model');
refused('a model of 513 bytes', "{$hi,\"model\":\"" . 'm' x 513 . '"}',
	'invalid_parameter', 'model');
refused('a model with a space', "{$hi,\"model\":\"a b\"}",
	'invalid_parameter', 'model');

# what names a destination, a key or a fallback: whoever the provider is

for my $name (qw/api_base base_url api_key fallbacks Api_Base litellm_params
	extra_headers mock_response models custom_llm_provider organization/)
{
	for my $model (qw/auto own/) {
		refused("$name for $model", "{\"model\":\"$model\",$hi,"
			. "\"$name\":\"x\"}", 'parameter_not_allowed', $name);
	}
}

# what changes the price and has none

refused('web search', "{$ok,\"web_search_options\":{}}",
	'parameter_not_allowed', 'web_search_options');
refused('audio', "{$ok,\"audio\":{\"voice\":\"a\"}}", 'parameter_not_allowed',
	'audio');
refused('a service tier', "{$ok,\"service_tier\":\"priority\"}",
	'parameter_not_allowed', 'service_tier');
refused('a file', '{"model":"auto","messages":[{"role":"user","content":[{'
	. '"type":"file","file":{"file_id":"f"}}]}]}', 'parameter_not_allowed',
	'file');

# an option of one's own server

refused('an unknown member', "{$ok,\"top_k\":5}", 'parameter_not_allowed',
	'top_k');

is($t->sim_state($port)->{requests}, 0, 'no provider was asked');
is(metric($t->metrics_now(), 'aicost_cost_total') // 0, 0, 'nothing spent');
is($t->console(port(8090), 'GET', '/api/status',
	$Aicost::Test::OPERATOR)->json()->{open}, 0, 'nothing reserved');

###############################################################################

# and what is just within

passed('an option of its own', "{\"model\":\"own\",$hi,\"top_k\":5}");
passed('as deep as may be', "{$ok,\"metadata\":" . '[' x 63 . ']' x 63 . '}');
passed('1024 members', "{$ok,\"metadata\":{" . members(1024) . '}}');
passed('4096 messages', '{"model":"auto","messages":['
	. join(',', ('{"role":"user","content":"a"}') x 4096) . ']}');
passed('two equal caps', "{$ok,\"max_tokens\":5,\"max_completion_tokens\":5}");
passed('eight choices', "{$ok,\"n\":8}");
passed('escapes in a value', "{$ok,\"user\":\"\\u0061\\ud83d\\ude00\"}");
passed('white space around', "\r\n\t {$ok} \n");
passed('null where it is absent', "{$ok,\"max_tokens\":null,\"n\":null}");
passed('a name that folds to none', "{$ok,\"metadata\":{\"A\":1,\"b\":2}}");

is((grep { ($_->{body} // '') =~ /"top_k":5/ } $t->sim_log($port)), 1,
	'the option reached its server');

###############################################################################

sub members {
	my ($n) = @_;

	return join ',', map { "\"m$_\":0" } 1 .. $n;
}


sub ask {
	my ($body) = @_;

	return http_post('/v1/chat/completions', $body,
		Authorization => 'Bearer ' . consumer_key('bot'));
}


sub refused {
	my ($name, $body, $code, $param) = @_;
	my $r = ask($body);
	my $e = ($r->json() || {})->{error} || {};

	is($r->status(), 400, "$name: status");
	like($e->{code}, ref $code ? $code : qr/^$code$/, "$name: code");
	is($e->{param}, $param, "$name: param") if defined $param;
}


sub passed {
	my ($name, $body) = @_;

	is(code(ask($body)), '200 ', "$name passes");
}

###############################################################################
