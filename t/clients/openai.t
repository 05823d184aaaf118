#!/usr/bin/perl

# Tests with the openai SDK: it changes its base URL and its key, nothing else.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/../lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

plan(skip_all => 'no node_modules/openai: util/run-tests installs it')
	unless -d "$FindBin::Bin/node_modules/openai";

my $t = Aicost::Test->new()->has(qw/module sim node/)->plan();

$t->gateway(sim => { tokens => 5 },
	prices => prices('sim/embed' => { input => '0.02', mode => 'embedding',
		context => 8000 }),
	http => 'aicost_tier embed sim/embed;',
	server => <<'CONF',

        location /broke/ {
            aicost_pass premium;
            aicost_budget broke all 0.000001EUR/day;
        }

        location /rate/ {
            aicost_pass premium;
            aicost_rate rate all 1r/s;
        }
CONF
	location => 'aicost_budget day $aicost_consumer 10EUR/day; '
		. 'aicost_drain off;')->run();

my $r = sdk('', 'plain')->{value};
is($r->{usage}, 5, 'plain');
ok(length $r->{text}, 'plain text');

$r = sdk('', 'stream')->{value};
ok(length $r->{text}, 'stream text');
cmp_ok($r->{chunks}, '>', 4, 'stream chunks');
is($r->{finish}, 'length', 'stream finish');
ok(!$r->{usage}, 'no usage that was not asked for');

$r = sdk('', 'completions')->{value};
is($r->{usage}, 5, 'completions');
ok(length $r->{text} && length $r->{streamed}, 'completions: both ways')
	or diag(encode_json($r));

$r = sdk('', 'usage')->{value};
is($r->{completion_tokens}, 5, 'usage that was');

$t->sim_next($t->{sim_port}, 'toolcall');
$r = sdk('', 'tools')->{value};
is($r->{args}, 'object', 'tool call');

# the Responses of a provider that only has chat

$r = sdk('', 'responses')->{value};
is("$r->{status} $r->{usage}", 'completed 5', 'responses');
ok(length $r->{text}, 'responses text');

$r = sdk('', 'responsesStream')->{value};
is("$r->{last} $r->{usage}", 'response.completed 5', 'responses stream');
ok($r->{same} && length $r->{text}, 'responses stream text, said again');

$t->sim_next($t->{sim_port}, 'toolcall');
$r = sdk('', 'responsesTools');
is(($r->{value}{name} // '') . ' ' . ($r->{value}{args} // ''),
	'get_weather object', 'responses tool call') or diag(encode_json($r));

$t->sim_next($t->{sim_port}, 'errorevent=2');
is(sdk('', 'responsesBroke')->{value}, 'error response.failed',
	'responses: an error in a stream');

$r = sdk('', 'embeddings');
is($r->{value}{n}, 2, 'embeddings') or diag(encode_json($r));

$r = sdk('', 'models')->{value};
ok((grep { $_ eq 'premium' } @$r), 'models: a tier');
ok((grep { $_ eq 'sim/big' } @$r), 'models: a model');

# errors, as the SDK's own classes

$r = sdk('', 'key')->{error};
is("$r->{class} $r->{status} $r->{code}",
	'AuthenticationError 401 invalid_api_key', 'a wrong key');

$r = sdk('', 'model')->{error};
is("$r->{class} $r->{status} $r->{code}",
	'NotFoundError 404 model_not_found', 'a wrong model');

my $before = () = $t->ledger();
$r = sdk('/broke', 'plain')->{error};
is("$r->{status} $r->{code}", '402 budget_exceeded', 'no money');
like($r->{message}, qr/Budget "broke" has/, 'which budget');
my $after = () = $t->ledger($before + 1);
is($after - $before, 1, 'asked once, not again');

# a rate: the SDK waits as long as it is told, and is served

my @r = sdks('/rate', 'plain', 'wait');
is($r[0]{value}{usage}, 5, 'within the rate');
is($r[1]{value}, 5, 'beyond it: served after Retry-After')
	or diag(encode_json($r[1]));
ok((grep { $_->{status} == 429 } $t->ledger()), 'it had been refused');

# a client that goes away

$t->sim_reset($t->{sim_port});
$t->sim_next($t->{sim_port}, 'tokens=2000+slow=20');
is(sdk('', 'abort')->{value}, 3, 'abort');
my ($seen) = $t->sim_wait($t->{sim_port}, 1);
ok($seen->{aborted} || $seen->{done}, 'the provider hears of it');
ok(wait_for { (metric($t->metrics_now(), 'aicost_reserved',
	budget => 'day') // 1) == 0 }, 'and it is settled');

###############################################################################

sub sdk {
	return (sdks(@_))[0];
}


sub sdks {
	my ($where, @cases) = @_;

	local $ENV{KEY} = consumer_key('bot');
	local $ENV{BASE} = 'http://127.0.0.1:' . port(8080) . "$where/v1";

	my ($rc, $out, $err) = $t->command('node',
		"$FindBin::Bin/openai.mjs", @cases);
	diag($err) if $rc;

	return map { decode_json($_) } split /\n/, $out;
}

###############################################################################
