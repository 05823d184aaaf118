package Aicost::Test;

# A gateway of one simulated provider: prices, consumers, tiers, a console,
# and the words to ask it.  One US dollar is one euro here, so that a token of
# sim/big is 2,000 nano in and 10,000 out, of sim/small a tenth of it.

use warnings;
use strict;

use Digest::SHA qw/sha256_hex/;

use Aicost::Test;

our $OPERATOR = 'operator-token-0123456789';

my @WORDS = qw/chat chat_raw nano consumer_key consumers prices code/;

sub Aicost::Gateway::import {
	no strict 'refs';

	my $into = caller;
	*{"${into}::$_"} = \&$_ for @WORDS;
}

###############################################################################

# gateway(tokens => 50, http => '...', location => '...', pass => 'premium',
# consumers => { bot => { critical => JSON::PP::true } }, zone => '...',
# free => 1, sim => { ... }, server => '...'): files written, provider started, nginx not

sub gateway {
	my ($self, %opt) = @_;

	$opt{consumers} //= { bot => {} };
	$opt{prices} //= prices();

	$self->{sim_port} = $self->sim(port => 9000, %{ $opt{sim} || {} });

	$self->write_file('token', "$OPERATOR\n");
	$self->write_file('prices.json', encode_json($opt{prices}));
	$self->write_file('consumers.json', consumers($opt{consumers}));
	$self->write_file_expand('nginx.conf', gateway_conf(%opt));

	return $self;
}


sub gateway_conf {
	my (%opt) = @_;

	my $conf = <<'CONF';
%%TEST_GLOBALS%%
worker_processes 2;
events {}

http {
    %%TEST_GLOBALS_HTTP%%

    log_format ledger escape=json '{"pid":$pid,"status":"$status",'
        '"consumer":"$aicost_consumer","tier":"$aicost_tier",'
        '"reason":"$aicost_reason","cost":"$aicost_cost",'
        '"reserved":"$aicost_cost_reserved","in":$aicost_tokens_in,'
        '"out":$aicost_tokens_out,"session":"$aicost_session",'
        '"attempts":"$aicost_attempts","settled":"$aicost_settled",'
        '"id":"$aicost_request_id","service":"$aicost_service_tier","upstream":"$upstream_status","left":"$aicost_budget_left",'
        '"addr":"$upstream_addr"}';
    access_log %%TESTDIR%%/ledger.log ledger;

    aicost_zone ZONE;
    aicost_currency EUR usd=1;
    aicost_prices prices.json;
    aicost_consumers consumers.json;

    aicost_provider sim http://127.0.0.1:%%PORT_9000%%/v1 api=openai;

    FREE
    aicost_tier cheap sim/small;
    aicost_tier premium sim/big;

    HTTP

    server {
        listen 127.0.0.1:%%PORT_8080%% reuseport;
        SERVER

        location /v1/ {
            aicost_pass PASS;
            LOCATION
        }
    }

    server {
        listen 127.0.0.1:%%PORT_8090%%;
        access_log off;

        location / {
            aicost_console write=on token=file:%%TESTDIR%%/token;
        }

        location = /metrics {
            aicost_metrics;
        }
    }
}
CONF

	my %part = (FREE => $opt{free} ? 'aicost_tier free sim/free;' : '',
		ZONE => $opt{zone} // '16m', HTTP => $opt{http} // '',
		PASS => $opt{pass} // 'premium',
		SERVER => $opt{server} // '', LOCATION => $opt{location} // '');

	$conf =~ s/\b(ZONE|HTTP|FREE|PASS|SERVER|LOCATION)\b/$part{$1}/g;

	return $conf;
}


sub prices {
	my (%more) = @_;

	my %can = (can => [qw/tools vision json_schema/],
		context => 200000, max_output => 100000);

	return { version => 1, currency => 'USD', models => {
		'sim/big' => { input => '2', output => '10', %can },
		'sim/small' => { input => '0.2', output => '1', %can },
		'sim/free' => { free => JSON::PP::true, %can },
		%more,
	} };
}


sub consumer_key {
	return "sk-test-$_[0]";
}


sub consumers {
	my ($consumers) = @_;

	return JSON::PP->new->canonical->utf8->encode({ version => 1,
		consumers => [ map { {
			name => $_,
			keys => [ { sha256 => sha256_hex(consumer_key($_)) } ],
			%{ $consumers->{$_} },
		} } sort keys %$consumers ] });
}

###############################################################################

# chat(as => 'bot', session => 'x', headers => {}, max_tokens => 5, ...)

sub chat {
	my (%ask) = @_;
	my ($body, @headers) = _chat(%ask);

	return http_post($ask{uri} // '/v1/chat/completions', $body, @headers);
}


# the bytes of such a request, for a connection that stays

sub chat_raw {
	my (%ask) = @_;
	my $uri = $ask{uri} // '/v1/chat/completions';
	my ($body, %headers) = _chat(%ask);

	$body = encode_json($body);
	my $lines = join '', map { "$_: $headers{$_}\r\n" } sort keys %headers;

	return "POST $uri HTTP/1.1\r\nHost: localhost\r\n$lines"
		. "Content-Type: application/json\r\nContent-Length: "
		. length($body) . "\r\n\r\n$body";
}


sub _chat {
	my (%ask) = @_;

	my %headers = %{ delete $ask{headers} || {} };
	my $as = exists $ask{as} ? delete $ask{as} : 'bot';
	my $session = delete $ask{session};
	my $content = delete $ask{content} // 'hello';
	delete $ask{uri};

	$headers{Authorization} = 'Bearer ' . consumer_key($as)
		if defined $as;
	$headers{'X-AICost-Session'} = $session if defined $session;

	return ({ model => 'auto', max_tokens => 50,
		messages => [ { role => 'user', content => $content } ], %ask },
		%headers);
}


# nano of "0.000123 EUR"

sub nano {
	my ($money) = @_;

	return undef unless defined $money
		&& $money =~ /^(\d+)(?:\.(\d{1,9}))?(?: [A-Z]{3})?$/;

	return $1 * 1_000_000_000 + substr(($2 // '') . '0' x 9, 0, 9);
}


sub code {
	my ($r) = @_;

	return $r->status() . ' ' . (($r->json() || {})->{error}{code} // '');
}


# the lines of the access log, decoded

sub ledger {
	my ($self, $n) = @_;
	my @lines;

	wait_for {
		# the last line may be half written
		@lines = $self->read_log('ledger.log') =~ /^(.*)\n/mg;
		@lines >= ($n // 0);
	};

	return map { decode_json($_) } @lines;
}


sub metrics_now {
	my ($self) = @_;

	return metrics(http_get('/metrics', -port => port(8090))->body());
}


# what a refusal leaves as it is: money, reservations, accounts, calls; when
# what was answered has been settled and counted

sub money_now {
	my ($self) = @_;
	my ($m, $s);

	wait_for {
		($m, $s) = ($self->metrics_now(), $self->status_now());
		!$s->{open} && $s->{cost}
			== (metric($m, 'aicost_cost_total') // 0);
	};

	return {
		(map { $_ => $s->{$_} } qw/cost saved accounts open/),
		(map { $_ => metric($m, "aicost_$_") // 0 }
			qw/attempts_total tokens_total cost_total reserved/),
	};
}


# what the console says: { open, cost, journal, requests, ... }

sub status_now {
	my ($self) = @_;

	return console($self, port(8090), 'GET', '/api/status',
		$OPERATOR)->json();
}


# run(), with clocks that start elsewhere: run_at('@2026-11-25 12:00:50').  The test says has('faketime') first

sub run_at {
	my ($self, $spec) = @_;

	my ($lib) = glob '/usr/lib/*/faketime/libfaketimeMT.so.1';

	local $ENV{LD_PRELOAD} = $lib;
	local $ENV{FAKETIME} = $spec;
	local $ENV{DONT_FAKE_MONOTONIC} = 1;
	local $ENV{TZ} = 'UTC';

	return $self->run();
}


# a command that talks to this gateway's console

sub control {
	my ($self, @args) = @_;

	local $ENV{AICOST_CONSOLE} = 'http://127.0.0.1:' . port(8090) . '/';
	local $ENV{AICOST_TOKEN_FILE} = "$self->{dir}/token";

	return $self->aicost(@args);
}

1;
