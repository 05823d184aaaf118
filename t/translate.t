#!/usr/bin/perl

# Tests for clients of one API shape and providers of another: what reaches the
# provider, what comes back, and what it costs.

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
my ($TOKENS, $CAP) = (12, 50);
my $TEXT = 'Goedemorgen, ik heb de factuur van maart nagekek';

my @CLIENTS = qw/openai responses anthropic gemini/;
my @SHAPES = qw/openai responses anthropic gemini ollama bedrock/;
my @PROVIDERS = (@SHAPES, 'azure');

my $http = join '', map { provider($_) } @PROVIDERS;
my %models = map { ("$_/big" => price()) } @PROVIDERS;

# "one answers, two would too": the first fails, the second is of another shape

my %NEXT = (openai => 'anthropic', responses => 'openai',
	anthropic => 'responses', gemini => 'bedrock', ollama => 'gemini',
	bedrock => 'ollama');

for my $shape (@SHAPES) {
	for my $fault (qw/400 429 500 529/) {
		my $name = "$shape$fault";

		$http .= provider($shape, $name, "sim-$fault");
		$models{"$name/sim-$fault"} = price();
	}

	$http .= provider($shape, "first$shape", 'sim-500')
		. "aicost_tier cross-$shape first$shape/sim-500 "
		. "$NEXT{$shape}/big;\n";
	$models{"first$shape/sim-500"} = price();
}

$t->write_file('secret', "key-of-the-provider\n");
$t->secret('key-of-the-provider');

$t->gateway(http => $http, prices => prices(%models),
	sim => { tokens => $TOKENS, keep => 8 }, server => <<'CONF')->run();
        location /v1beta/ {
            aicost_pass premium;
        }

        location /lenient/ {
            aicost_pass premium;
            aicost_translate lenient;
        }

        location /session/ {
            aicost_pass premium;
            aicost_budget visit $aicost_session 0.002EUR/session;
            aicost_budget any $aicost_consumer 10EUR/day;
            aicost_output min=10;
        }
CONF

my $sim = $t->{sim_port};
my $requests = 0;

###############################################################################

for my $client (@CLIENTS) {
	for my $p (@PROVIDERS) {
		passes($client, $p);
		calls($client, $p);
	}

	for my $p (@SHAPES) {
		faults($client, $p);
		crosses($client, $p);
		breaks($client, $p);
	}
}

framed();
strict();
spent();

# all that was charged, and once

my @ledger = $t->ledger($requests);
is(scalar @ledger, $requests, 'a line a request');

my $sum = 0;
$sum += nano($_->{cost}) for @ledger;

my $m = $t->metrics_now();
is(nano(metric($m, 'aicost_cost_total')), $sum, 'the sum of all');
is(metric($m, 'aicost_reserved') // 0, 0, 'nothing stays reserved');
is($t->status_now()->{open}, 0, 'nothing stays open');

###############################################################################

# plain and streamed: the text, the usage, the cost, and what was sent

sub passes {
	my ($client, $p) = @_;
	my $cost = 9 * 2000 + $TOKENS * 10000;

	for my $stream (0, 1) {
		my $name = "$client, $p" . ($stream ? ', stream' : '');
		my ($r, $a, $seen) = asked($client, $p, stream => $stream);

		is($r->status(), 200, "$name: status") or diag($r->body());
		is($a->{text}, $TEXT, "$name: text");
		is($a->{finish}, finish($client, 'stop'), "$name: finish");
		is($a->{in}, 9, "$name: input");
		is($a->{out}, $TOKENS, "$name: output");
		ok($a->{whole}, "$name: ends as its shape does");
		is($a->{cost}, $cost, "$name: cost");
		is(@$seen, 1, "$name: sent once");
		sent($name, $p, $stream, $seen->[0]);
	}
}


# the provider's own path, key, model and shape

sub sent {
	my ($name, $p, $stream, $seen) = @_;
	my $h = $seen->{headers};
	my $body = decode_json($seen->{body});
	my %want = wanted($p, $stream);

	is($seen->{path}, $want{path}, "$name: path");
	is($h->{$want{key}}, ($want{key} eq 'authorization' ? 'Bearer ' : '')
		. 'key-of-the-provider', "$name: key");
	is(scalar(grep { /^(?:authorization|x-api-key|api-key|x-goog-api-key)$/ }
		keys %$h), 1, "$name: one key");
	is($h->{'anthropic-version'}, $p eq 'anthropic' ? '2023-06-01' : undef,
		"$name: version");
	is($body->{model}, $want{model}, "$name: model") if $p ne 'azure';
	is_deeply([ said($p, $body) ], [ 'You are terse.',
		'What is the weather?', $CAP ], "$name: what was said");
}


# a call of a tool, its declaration, and its price

sub calls {
	my ($client, $p) = @_;

	for my $stream (0, 1) {
		my $name = "$client, $p, a call" . ($stream ? ', stream' : '');

		$t->sim_next($sim, 'toolcall+cached=4');
		my ($r, $a, $seen) = asked($client, $p, stream => $stream,
			tools => 1);

		is($r->status(), 200, "$name: status") or diag($r->body());
		is_deeply($a->{call}, { name => 'get_weather',
			arguments => { city => 'Utrecht' } }, "$name: call");
		is($a->{finish}, finish($client, 'calls'), "$name: finish");

		my $in = $seen->[0]{tokens_in};
		my $cached = $p eq 'ollama' ? 0 : 4;
		cmp_ok($in, '>', 9, "$name: the tool was sent");
		is($a->{cost}, ($in - $cached) * 2000 + $cached * 500
			+ $TOKENS * 10000, "$name: cost");
		is_deeply(tool($p, decode_json($seen->[0]{body})), {
			name => 'get_weather', description => 'Weather of a city',
			schema => { type => 'object', properties => {
				city => { type => 'string' } },
				required => ['city'] } }, "$name: tool");
	}
}


# a provider's error becomes the client's

sub faults {
	my ($client, $p) = @_;

	for my $fault (qw/400 429 500 529/) {
		my $name = "$client, $p, $fault";
		my ($r, $a, $seen) = asked($client, "$p$fault");

		is($r->status(), $fault eq '400' ? 400 : 502,
			"$name: status");
		is($a->{error}, $fault eq '400'
			? { openai => 'invalid_request_error',
				responses => 'invalid_request_error',
				anthropic => 'invalid_request_error',
				gemini => 'INVALID_ARGUMENT' }->{$client}
			: { openai => 'server_error',
				responses => 'server_error',
				anthropic => 'api_error',
				gemini => 'UNAVAILABLE' }->{$client},
			"$name: class") or diag($r->body());
		is($a->{code}, 'all_providers_failed', "$name: code")
			if $fault ne '400';
		is(@$seen, 1, "$name: sent once");
		is($a->{cost} // 0, 0, "$name: free");
	}
}


# the first provider fails, the second is of another shape

sub crosses {
	my ($client, $p) = @_;

	for my $stream (0, 1) {
		my $name = "$client, from $p to $NEXT{$p}"
			. ($stream ? ', stream' : '');
		my ($r, $a, $seen) = asked($client, "cross-$p",
			stream => $stream);

		is($r->status(), 200, "$name: status") or diag($r->body());
		is($a->{text}, $TEXT, "$name: text");
		is($a->{cost}, 9 * 2000 + $TOKENS * 10000, "$name: cost");
		is($seen->[-1]{path}, { wanted($NEXT{$p}, $stream) }->{path},
			"$name: path");
		is(scalar(grep { $_->{status} == 200 } @$seen), 1,
			"$name: answered once");
	}
}


# an error in the middle, and a connection that breaks

sub breaks {
	my ($client, $p) = @_;

	for my $fault ('errorevent=4', 'cut=4') {
		my $name = "$client, $p, $fault";

		$t->sim_next($sim, $fault);
		my ($r, $a, $seen) = asked($client, $p, stream => 1);

		is($r->status(), 200, "$name: status");
		ok($r->complete(), "$name: ends as HTTP ends")
			if $fault =~ /error/;
		is(index($TEXT, $a->{text}), 0, "$name: text until then");
		cmp_ok(length $a->{text}, '>', 0, "$name: some");
		ok($a->{error}, "$name: an error at the end")
			or diag($r->body());
		is($a->{bad}, undef, "$name: all events are of its shape");
		is(@$seen, 1, "$name: sent once");
		cmp_ok($a->{cost} // ledger_cost(), '>', 0, "$name: charged");
	}
}


# frames as no one writes them, and a usage that is not said

sub framed {
	for my $p (@SHAPES) {
		for my $fault ('oneb', 'crlf+blank', 'cr') {
			my $name = "$p, $fault";

			$t->sim_next($sim, $fault);
			my ($r, $a) = asked('anthropic', $p, stream => 1);
			is($a->{text}, $TEXT, "$name: text");
			ok($a->{whole}, "$name: ends as its shape does");
			is($a->{cost}, 9 * 2000 + $TOKENS * 10000,
				"$name: cost");
		}

		for my $stream (0, 1) {
			$t->sim_next($sim, 'nousage');
			my ($r, $a) = asked('gemini', $p, stream => $stream);
			is($a->{text}, $TEXT, "$p, no usage: text");
			cmp_ok($a->{cost}, '>=', $TOKENS * 10000,
				"$p, no usage: charged as reserved");
		}

		$t->sim_next($sim, 'cached=4+write=3+reasoning=5');
		my ($r, $a) = asked('openai', $p);
		my $kept = $p eq 'ollama' ? 0 : 4;
		my $wrote = $p eq 'ollama' || $p eq 'gemini' ? 0 : 3;
		is($a->{cost}, (9 - $kept - $wrote) * 2000 + $kept * 500
			+ $wrote * 2500 + $TOKENS * 10000,
			"$p, caches and thoughts: cost");
	}
}


# what has no counterpart is named, and no one is called; or left out, listed

sub strict {
	my @cases = ([ openai => 'anthropic', { seed => 7 }, 'seed' ],
		[ openai => 'bedrock', { logit_bias => { 50 => 1 } },
			'logit_bias' ],
		[ anthropic => 'openai', { top_k => 5 }, 'top_k' ],
		[ gemini => 'anthropic', { generationConfig => {
			maxOutputTokens => 50, seed => 7 } },
			'generationConfig.seed' ]);

	for (@cases) {
		my ($client, $p, $more, $param) = @$_;
		my $name = "$client, $p, $param";

		my ($r, $a, $seen) = asked($client, $p, more => $more);
		is($r->status(), 400, "$name: refused");
		is($a->{code}, 'parameter_not_allowed', "$name: code")
			or diag($r->body());
		like($r->body(), qr/\Q$param\E/, "$name: named");
		is(@$seen, 0, "$name: no one is called");
		is($a->{cost} // 0, 0, "$name: free");

		($r, $a, $seen) = asked($client, $p, more => $more,
			under => '/lenient');
		is($r->status(), 200, "$name: lenient") or diag($r->body());
		is($r->header('X-AICost-Dropped'), $param,
			"$name: listed");
		is($a->{text}, $TEXT, "$name: answered");
		unlike($seen->[0]{body}, qr/seed|logit_bias|top_k/,
			"$name: left out");
	}
}


# a translated stream whose session is spent

sub spent {
	for ([ openai => 'anthropic' ], [ openai => 'bedrock' ],
		[ anthropic => 'openai' ], [ anthropic => 'gemini' ],
		[ gemini => 'ollama' ], [ responses => 'anthropic' ],
		[ openai => 'responses' ])
	{
		my ($client, $p) = @$_;
		my $name = "$client, $p, session";

		$t->sim_next($sim, 'ignorecap+tokens=2000+slow=1');
		my ($r, $a, $seen) = asked($client, $p, stream => 1,
			under => '/session', session => "of $client $p");

		is($r->status(), 200, "$name: status") or diag($r->body());
		ok($r->complete(), "$name: ends as HTTP ends");
		ok($a->{whole}, "$name: and as its shape does")
			or diag($r->body());
		is($a->{finish}, finish($client, 'length'), "$name: finish");
		is($a->{bad}, undef, "$name: all events are of its shape");
		cmp_ok($a->{cost}, '>', 500_000, "$name: cost");
		cmp_ok($a->{cost}, '<=', 2_500_000, "$name: near the budget");
		ok($seen->[0]{aborted}, "$name: the provider is left");
	}
}

###############################################################################

# (response, what the client understands, what the provider saw)

sub asked {
	my ($client, $tier, %ask) = @_;

	$requests++;
	my $before = $t->sim_state($sim)->{requests};

	$tier = "to-$tier" unless $tier =~ /^cross/;
	my $r = shape_ask($client, $tier, key => consumer_key('bot'),
		cap => $CAP, %ask);
	my $a = shape_heard($client, $r, $ask{stream});

	my $n = $t->sim_state($sim)->{requests} - $before;
	my @seen;

	wait_for {
		@seen = $n ? ($t->sim_log($sim))[-$n .. -1] : ();
		!grep { !$_->{done} && !$_->{aborted} && $_->{status} == 200 }
			@seen;
	} 2;

	# a stream in Gemini's shape carries no comment

	$a->{cost} //= ledger_cost()
		if $client eq 'gemini' && $ask{stream} && $r->status() == 200;

	return ($r, $a, \@seen);
}


sub ledger_cost {
	return nano(($t->ledger($requests))[-1]{cost});
}


sub provider {
	my ($shape, $name, $model) = @_;
	my $base = { openai => '/v1', responses => '/v1', gemini => '/v1beta',
		azure => '/openai' }->{$shape} // '';
	my $more = $shape eq 'azure' ? 'version=2024-10-21' : '';

	$name //= $shape;
	$model //= 'big';

	return "aicost_provider $name http://127.0.0.1:%%PORT_9000%%$base "
		. "api=$shape key=file:%%TESTDIR%%/secret $more;\n"
		. "aicost_tier to-$name $name/$model;\n";
}


sub price {
	return { input => '2', output => '10', cached => '0.5',
		cache_write => '2.5', context => 200000, max_output => 100000,
		can => [qw/tools vision json_schema/] };
}

###############################################################################
