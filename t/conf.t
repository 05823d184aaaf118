#!/usr/bin/perl

# Tests for what nginx -t says: every directive, every parameter, and the whole.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module/)->plan();

my $price = '{"input": "1", "output": "2", "context": 1000, "max_output": 99}';

$t->write_file('prices.json', qq({"version": 1, "currency": "USD", "models": {
	"p/a": $price, "p/b": $price}}));
$t->write_file('bad.json', qq({"version": 1, "currency": "USD",\n "models": {
	"p/a": {"input": }}}));
$t->write_file('negative.json', qq({"version": 1, "currency": "USD",
	"models": {"p/a": {"input": "-1", "output": "2"}}}));
$t->write_file('consumers.json', '{"version": 1, "consumers": [{"name": "bot",
	"keys": [{"sha256": "' . '0' x 64 . '"}]}]}');
$t->write_file('plain.json', '{"version": 1, "consumers": [{"name": "bot",
	"keys": ["sk-plain-0123"]}]}');
$t->write_file('empty', "\n");
$t->write_file('lines', "a\nb\n");
$t->write_file('key', "sk-provider\n");

# directives of the http block, alone below aicost_zone; <D> is the line meant

my $dir = $t->testdir();
my $none = 'invalid number of arguments';

my @http = (
	[ 'aicost_zone', $none ],
	[ 'aicost_zone big', 'invalid zone size "big"' ],
	[ 'aicost_zone 1m', 'zone size "1m" is too small, 8m is the least' ],
	[ 'aicost_zone 8m state=', 'invalid parameter "state="' ],
	[ 'aicost_zone 8m lease=1', undef ],
	[ 'aicost_zone 8m lease=1ms', 'invalid parameter "lease=1ms"' ],
	[ 'aicost_zone 8m lease=x', 'invalid parameter "lease=x"' ],
	[ 'aicost_zone 8m size=3', 'invalid parameter "size=3"' ],
	[ 'aicost_zone 8m; aicost_zone 8m', 'is duplicate' ],
	[ 'aicost_redis', $none ],
	[ 'aicost_redis 127.0.0.1:6379', 'invalid URL "127.0.0.1:6379"' ],
	[ 'aicost_redis http://a', 'invalid URL "http://a"' ],
	[ 'aicost_redis redis://', 'invalid URL' ],
	[ 'aicost_redis redis://127.0.0.1:0', 'invalid URL' ],
	[ 'aicost_redis redis://127.0.0.1:70000', 'invalid URL' ],
	[ 'aicost_redis redis://127.0.0.1/x', 'invalid URL' ],
	[ 'aicost_redis unix:redis.sock', 'invalid URL' ],
	[ 'aicost_redis unix:/a?db=x', 'invalid URL' ],
	[ 'aicost_redis redis://u:hunter2@127.0.0.1', 'write user=NAME' ],
	[ 'aicost_redis redis://127.0.0.1 password=hunter2',
		'never in the configuration itself' ],
	[ 'aicost_redis redis://127.0.0.1 password=env:AICOST_NONE',
		'"AICOST_NONE" is not set' ],
	[ 'aicost_redis redis://127.0.0.1 user=me', 'user=me needs password=' ],
	[ 'aicost_redis redis://127.0.0.1 on_error=maybe',
		'invalid parameter "on_error=maybe"' ],
	[ 'aicost_redis redis://127.0.0.1 timeout=0',
		'invalid parameter "timeout=0"' ],
	[ 'aicost_redis redis://127.0.0.1 timeout=2m',
		'invalid parameter "timeout=2m"' ],
	[ 'aicost_redis redis://127.0.0.1 "domain={a}"', 'hold no brace' ],
	[ 'aicost_redis redis://127.0.0.1,127.0.0.2', 'several hosts need' ],
	[ 'aicost_redis redis://127.0.0.1/3 cluster=on', 'database number' ],
	[ 'aicost_redis redis://127.0.0.1 cluster=on sentinel=s',
		'goes neither with sentinel=' ],
	[ 'aicost_redis redis://127.0.0.1 trusted_certificate=a',
		'trusted_certificate= is for rediss://' ],
	[ 'aicost_redis rediss://127.0.0.1 trusted_certificate=/none',
		'cannot use the certificate authorities of "/none"' ],
	[ 'aicost_redis redis://127.0.0.1; aicost_redis redis://127.0.0.1',
		'is duplicate' ],
	[ 'aicost_redis redis://127.0.0.1:6380/2 on_error=degrade timeout=20ms '
		. 'domain=d prefix=p: password=file:' . $dir . '/key user=u',
		undef ],
	[ 'aicost_redis unix:/none/redis.sock?db=1 on_error=open', undef ],
	[ 'aicost_redis redis://127.0.0.1:1,[::1]:2 sentinel=main', undef ],
	[ 'aicost_redis rediss://127.0.0.1 verify=off', undef ],
	[ 'aicost_outage_allowance', $none ],
	[ 'aicost_outage_allowance 60%', 'invalid share "60%"' ],
	[ 'aicost_outage_allowance x', 'invalid share "x"' ],
	[ 'aicost_outage_allowance 1%; aicost_outage_allowance 1%',
		'is duplicate' ],
	[ 'aicost_currency', $none ],
	[ 'aicost_currency euro usd=1', 'invalid currency "euro"' ],
	[ 'aicost_currency eur usd=1', 'invalid currency "eur"' ],
	[ 'aicost_currency EUR', 'currency EUR needs usd=RATE' ],
	[ 'aicost_currency EUR usd=', 'invalid parameter "usd="' ],
	[ 'aicost_currency EUR usd=0', 'invalid parameter "usd=0"' ],
	[ 'aicost_currency EUR usd=-1', 'invalid parameter "usd=-1"' ],
	[ 'aicost_currency EUR rate=1', 'invalid parameter "rate=1"' ],
	[ 'aicost_currency USD; aicost_currency USD', 'is duplicate' ],
	[ 'aicost_timezone', $none ],
	[ 'aicost_timezone Mars/Base', 'unknown time zone "Mars/Base"' ],
	[ 'aicost_timezone ../../../etc/passwd', 'unknown time zone' ],
	[ 'aicost_timezone UTC; aicost_timezone UTC', 'is duplicate' ],
	[ 'aicost_prices', $none ],
	[ 'aicost_prices ""', 'has an empty path' ],
	[ 'aicost_prices absent.json', qr/absent\.json" failed.*No such file/ ],
	[ "aicost_prices $dir", 'cannot be read' ],
	[ 'aicost_prices bad.json', qr/bad\.json:3:\d+/ ],
	[ 'aicost_prices negative.json', qr/negative\.json:2:\d+/ ],
	[ 'aicost_prices prices.json; aicost_prices prices.json',
		'is duplicate' ],
	[ 'aicost_consumers', $none ],
	[ 'aicost_consumers absent.json', 'No such file' ],
	[ 'aicost_consumers plain.json', qr/plain\.json:2:\d+/ ],
	[ 'aicost_provider', $none ],
	[ 'aicost_provider a/b http://127.0.0.1', 'invalid provider name "a/b"' ],
	[ 'aicost_provider "" http://127.0.0.1', 'invalid provider name ""' ],
	[ 'aicost_provider q ftp://127.0.0.1', 'invalid provider URL "ftp:' ],
	[ 'aicost_provider q http://', 'invalid provider URL "http://"' ],
	[ 'aicost_provider q http://127.0.0.1:0', 'invalid provider URL' ],
	[ 'aicost_provider q http://127.0.0.1:99999', 'invalid provider URL' ],
	[ 'aicost_provider q http://user:pw@127.0.0.1', 'invalid provider URL' ],
	[ 'aicost_provider q http://127.0.0.1/v1?key=x',
		'invalid provider URL' ],
	[ 'aicost_provider q http://127.0.0.1; '
		. 'aicost_provider q http://127.0.0.1',
		'duplicate provider "q"' ],
	map({ [ "aicost_provider q http://127.0.0.1/v1 $_->[0]", $_->[1] ] }
		[ 'api=soap', 'unknown api "soap" of provider "q"' ],
		[ 'api=', 'invalid parameter "api=" of provider "q"' ],
		[ 'key=sk-in-the-open', 'a secret is written as env:NAME or '
			. 'file:PATH, never in the configuration' ],
		[ 'key=env:AICOST_NOT_SET', 'environment variable '
			. '"AICOST_NOT_SET" is not set or empty' ],
		[ 'key=file:absent', qr/secret file ".*absent" cannot be read/ ],
		[ 'key=file:empty', 'secret "file:empty" is empty' ],
		[ 'key=file:lines', 'secret "file:lines" is not one line' ],
		[ 'key=file:key', undef ],
		[ 'timeout=soon', 'invalid parameter "timeout=soon"' ],
		[ 'timeout=0', 'invalid parameter "timeout=0"' ],
		[ 'connect_timeout=x', 'invalid parameter "connect_timeout=x"' ],
		[ 'max_conns=0', 'invalid parameter "max_conns=0"' ],
		[ 'weight=x', 'invalid parameter "weight=x"' ],
		[ 'beta=', 'invalid parameter "beta=" of provider "q"' ],
		[ 'api=gemini beta=x', 'beta= of provider "q" is for '
			. 'api=anthropic, openai and responses' ],
		[ 'extra=some', 'invalid parameter "extra=some"' ],
		[ 'region=', 'invalid parameter "region="' ],
		[ 'retention=', 'invalid parameter "retention="' ],
		[ 'colour=red', 'invalid parameter "colour=red"' ],
		[ 'fast', 'invalid parameter "fast" of provider "q"' ]),
	[ 'aicost_provider q https://127.0.0.1 trusted_certificate=absent',
		qr!the certificate authorities of ".*/absent"! ],
	[ 'aicost_tier', $none ],
	[ 'aicost_tier t', $none ],
	[ 'aicost_tier t x/a', 'unknown provider "x" in "x/a"' ],
);

# tiers and what a location holds: below a provider, prices and consumers

my @tier = (
	[ 'aicost_tier auto p/a', 'invalid tier name "auto"' ],
	[ 'aicost_tier a/b p/a', 'invalid tier name "a/b"' ],
	[ 'aicost_tier t order=price', 'tier "t" has no models' ],
	[ 'aicost_tier t p/a order=random', 'invalid parameter "order=random"' ],
	[ 'aicost_tier t weight=2 p/a', 'invalid parameter "weight=2"' ],
	[ 'aicost_tier t p/a weight=0', 'invalid parameter "weight=0"' ],
	[ 'aicost_tier t p', 'invalid parameter "p" of tier "t"' ],
	[ 'aicost_tier t p/', 'invalid parameter "p/" of tier "t"' ],
	[ 'aicost_tier t ' . 'p/a ' x 9, 'too many models in tier "t"' ],
	[ 'aicost_tier one p/a', 'duplicate tier "one"' ],
	[ 'aicost_tier t p/c', 'model "p/c" of tier "t" has no price in force' ],
);

my @location = (
	[ 'aicost_pass', $none ],
	[ 'aicost_pass nowhere', 'unknown tier "nowhere" in "aicost_pass"',
		0 ],
	[ 'aicost_pass one; aicost_pass one', 'is duplicate' ],
	[ 'aicost_pass $nothing', 'unknown "nothing" variable' ],
	map({ [ "aicost_pass one; $_->[0]", @$_[1 .. $#$_] ] }
		[ 'aicost_anonymous', $none ],
		[ 'aicost_anonymous ghost', 'unknown consumer "ghost"', 0 ],
		[ 'aicost_user', $none ],
		[ 'aicost_user $nothing', 'unknown "nothing" variable' ],
		[ 'aicost_session', $none ],
		[ 'aicost_session $nothing', 'unknown "nothing" variable' ],
		[ 'aicost_use_case', $none ],
		[ 'aicost_use_case $nothing', 'unknown "nothing" variable' ],
		[ 'aicost_require', $none ],
		[ 'aicost_require region=', 'invalid parameter "region="' ],
		[ 'aicost_require planet=x', 'invalid parameter "planet=x"' ],
		[ 'aicost_rate', $none ],
		[ 'aicost_rate on', 'has too few arguments' ],
		[ 'aicost_rate a b', 'has too few arguments' ],
		[ 'aicost_rate a $nothing 1r/m', 'unknown "nothing" variable' ],
		[ 'aicost_rate a b 10', 'invalid rate "10"' ],
		[ 'aicost_rate a b 0r/s', 'invalid rate "0r/s"' ],
		[ 'aicost_rate a b xr/m', 'invalid rate "xr/m"' ],
		[ 'aicost_rate a b 1r/d', 'invalid rate "1r/d"' ],
		[ 'aicost_rate a b 1r/m burst', 'invalid parameter "burst"' ],
		[ 'aicost_rate a b 1r/m burst=-1',
			'invalid parameter "burst=-1"' ],
		[ 'aicost_rate a b 1r/m; aicost_rate a b 2r/m',
			'rate "a" with this key says another limit' ],
		[ join('; ', map { "aicost_rate r$_ k 1r/m" } 1 .. 40),
			'too many rates in one location', 0 ],
		[ 'aicost_budget', $none ],
		[ 'aicost_budget on', 'has too few arguments' ],
		[ 'aicost_budget a all', 'has too few arguments' ],
		[ 'aicost_budget a $nothing 1EUR/day',
			'unknown "nothing" variable' ],
		map({ [ "aicost_budget a all $_", qr/invalid limit "\Q$_\E"/ ] }
			qw{25 25EUR 25EUR/ 25EUR/decade EUR/day 0EUR/day
			-1EUR/day 0t/day 1.5t/day 99999999EUR/day}),
		[ 'aicost_budget a all 1USD/day', 'budget "a" is in USD, the '
			. 'currency of the accounts is EUR' ],
		map({ [ "aicost_budget a all 1EUR/day $_",
				qr/invalid parameter "\Q$_\E" of budget "a"/ ] }
			qw{warn warn= warn=0% warn=x downgrade= downgrade=0%
			kill=x kill=110%:day limit=firm mode=guess share=50%
			share=:50% share=one: share=one:0% share=one:101%
			colour=red}),
		map({ [ "aicost_budget a all 1EUR/day $_",
				qr/"\Q$_\E" belongs to a budget per session/ ] }
			qw/idle=5m max=1h/),
		[ 'aicost_budget a all 1EUR/session idle=1ms',
			qr/invalid (?:time|parameter) "idle=1ms"/ ],
		[ 'aicost_budget a all 1EUR/day downgrade=50%:ghost',
			'unknown tier "ghost" in budget "a"' ],
		[ 'aicost_budget a all 1EUR/day share=ghost:50%',
			'unknown tier "ghost" in budget "a"' ],
		[ 'aicost_budget a all 1EUR/day; aicost_budget a all 2EUR/day',
			'budget "a" with this key says another limit' ],
		[ 'aicost_budget a all 1EUR/day; aicost_budget a all 1EUR/hour',
			'budget "a" with this key says another limit' ],
		[ join('; ', map { "aicost_budget b$_ all 1EUR/day" } 1 .. 40),
			'too many budgets in one location', 0 ],
		[ join('; ', map { "aicost_budget b$_ all 1EUR/day" } 1 .. 65),
			'64 budgets are the most' ],
		[ 'aicost_output', $none ],
		[ 'aicost_output default=0', 'invalid parameter "default=0"' ],
		[ 'aicost_output min=99999999', 'invalid parameter "min=' ],
		[ 'aicost_output max=1', 'invalid parameter "max=1"' ],
		[ 'aicost_body_max', $none ],
		[ 'aicost_body_max big', 'invalid value' ],
		[ 'aicost_body_max 1m; aicost_body_max 1m', 'is duplicate' ],
		[ 'aicost_answer_buffer', $none ],
		[ 'aicost_answer_buffer big', 'invalid value' ],
		[ 'aicost_failover', $none ],
		[ 'aicost_failover wild', 'invalid parameter "wild"' ],
		[ 'aicost_failover after_send=99',
			'invalid parameter "after_send=99"' ],
		[ 'aicost_translate', $none ],
		[ 'aicost_translate maybe', 'invalid value "maybe"' ],
		[ 'aicost_references', $none ],
		[ 'aicost_references count', 'invalid value "count"' ],
		[ 'aicost_drain', $none ],
		[ 'aicost_drain on', 'invalid parameter "on"' ],
		[ 'aicost_drain size=x', 'invalid parameter "size=x"' ],
		[ 'aicost_drain time=x', 'invalid parameter "time=x"' ],
		[ 'aicost_drain max=x', 'invalid parameter "max=x"' ],
		[ 'aicost_cors', $none ],
		[ 'aicost_record', $none ],
		[ 'aicost_record ""', 'has an empty path' ],
		[ 'aicost_record a.jsonl sample=0%',
			'invalid parameter "sample=0%"' ],
		[ 'aicost_record a.jsonl sample=101%',
			'invalid parameter "sample=101%"' ],
		[ 'aicost_record a.jsonl sample=10',
			'invalid parameter "sample=10"' ],
		[ 'aicost_record a.jsonl max=0', 'invalid parameter "max=0"' ],
		[ 'aicost_record a.jsonl max=big',
			'invalid parameter "max=big"' ],
		[ 'aicost_record a.jsonl redact=some',
			'invalid parameter "redact=some"' ],
		[ 'aicost_record off max=1m', 'off takes no parameter' ],
		[ 'aicost_record a.jsonl; aicost_record b.jsonl',
			'is duplicate' ],
		[ 'access_log a.log combined buffer=4k; aicost_record a.log',
			'is a path that a log has' ],
		[ 'aicost_dry_run', $none ],
		[ 'aicost_dry_run maybe', 'invalid value "maybe"' ],
		[ 'aicost_log_level', $none ],
		[ 'aicost_log_level loud', 'invalid value "loud"' ]),
	[ 'aicost_console', 'needs token=file:PATH' ],
	[ 'aicost_console token=secret', 'a secret is written as env:NAME' ],
	[ 'aicost_console token=file:empty', 'secret "file:empty" is empty' ],
	[ 'aicost_console token=file:key write=maybe',
		'invalid parameter "write=maybe"' ],
	[ 'aicost_console token=file:key; aicost_console token=file:key',
		'is duplicate' ],
	[ 'aicost_metrics on', $none ],
	[ 'aicost_metrics; aicost_metrics', 'is duplicate' ],
);

my $base = 'aicost_currency EUR usd=0.92; aicost_prices prices.json; '
	. 'aicost_consumers consumers.json; '
	. "aicost_provider p http://127.0.0.1:1/v1;\n";
my $one = "aicost_tier one p/a; aicost_tier two p/b;\n";
my %seen;

# the lines above the snippet

my $first_line = () = $t->expand("%%TEST_GLOBALS%%\nevents {}\nhttp {\n"
	. "%%TEST_GLOBALS_HTTP%%\n") =~ /\n/g;

for (@http) {
	refuses(($_->[0] =~ /^aicost_zone/ ? '' : "aicost_zone 8m;\n")
		. '<D>', @$_);
}

refuses("aicost_zone 8m;\n$base$one<D>", @$_) for @tier;
refuses("aicost_zone 8m;\n$base${one}server { listen 127.0.0.1:%%PORT_8080%%;\n"
	. "location / {\n<D>\n} }", @$_) for @location;

# what only the whole shows

refuses('server { location / { <D> } }', 'aicost_metrics',
	'needs "aicost_zone"');
refuses('server { location / { <D> } }', 'aicost_console token=file:key',
	'needs "aicost_zone"');
refuses("$base$one server { location / {\n<D> } }", 'aicost_pass one',
	'aicost_zone', 0);
refuses("aicost_zone 8m;\n$base server { location / {\n<D> } }",
	'aicost_pass one', 'needs at least one aicost_tier', 0);
refuses("aicost_zone 8m; aicost_provider p http://127.0.0.1:1/v1;\n<D>",
	'aicost_tier one p/a', 'tier "one" has no prices', 0);
refuses('aicost_zone 8m; aicost_prices prices.json; aicost_provider p '
	. "http://127.0.0.1:1/v1; aicost_tier one p/a;\n"
	. "server { location / {\n<D> } }", 'aicost_pass one',
	'nobody can call this location', 0);
refuses("aicost_zone 8m;\nserver { location / {\n<D> } }",
	'aicost_budget a all 1EUR/day', 'the currency is not known');

# every directive there is has been refused at least once

open my $fh, '<', "$Aicost::Test::ROOT/ngx_aicost_module/http/"
	. 'ngx_http_aicost_module.c' or die $!;
my @all = map { /\{ ngx_string\("(aicost_\w+)"\)/ ? $1 : () } <$fh>;
is(join(' ', grep { !$seen{$_} } @all), '', 'no directive is left out');

# a warning, and no more

my ($said, $rc) = $t->conf_error("aicost_zone 8m;\n$base$one"
	. 'server { listen 127.0.0.1:%%PORT_8080%%; location / { aicost_pass one; '
	. 'aicost_budget v $aicost_session 1EUR/session; } }');
like($said, qr/\[warn\].*a budget per session alone is no limit/, 'a warning');
is($rc, 0, 'that stops nothing');

($said, $rc) = $t->conf_error("aicost_zone 8m;\n$base$one"
	. 'server { listen 127.0.0.1:%%PORT_8080%%; location / { aicost_pass one; '
	. 'aicost_budget v $aicost_session 1EUR/session; '
	. 'aicost_budget d $aicost_consumer 1EUR/day; } }');
unlike($said, qr/\[warn\]/, 'none where there is a limit beside it');

# all of it

($said, $rc) = $t->conf_error(<<'CONF');
aicost_zone 8m state=%%TESTDIR%%/state lease=30s;
aicost_currency EUR usd=0.92;
aicost_timezone Europe/Amsterdam;
aicost_prices prices.json;
aicost_consumers consumers.json;
aicost_provider p http://127.0.0.1:1/v1 api=openai key=file:key timeout=30s
    connect_timeout=2s max_conns=8 extra=pass region=eu retention=none weight=2;
aicost_tier one order=price p/a weight=2 p/b;
aicost_tier two order=latency p/b;
aicost_rate ip $aicost_net 60r/m burst=20;
aicost_budget company all 500EUR/month limit=soft kill=110%:window;

map $aicost_use_case $tier { default one; risk two; }

server {
    listen 127.0.0.1:%%PORT_8080%%;

    location /v1/ {
        aicost_pass $tier;
        aicost_anonymous bot;
        aicost_user $http_x_user;
        aicost_session $http_x_session;
        aicost_use_case $http_x_use_case;
        aicost_require region=eu retention=none;
        aicost_budget tokens $aicost_consumer 200kt/hour mode=estimate;
        aicost_budget day $aicost_consumer 25EUR/day mode=upper limit=hard
            warn=50% downgrade=80%:one share=two:30%;
        aicost_budget visit $aicost_session 0.50EUR/session idle=10m max=2h;
        aicost_output default=1000 min=10;
        aicost_body_max 4m;
        aicost_answer_buffer 64k;
        aicost_failover safe after_send=1;
        aicost_drain size=64k time=5s max=4;
        aicost_cors https://a.example https://b.example;
        aicost_record calls.jsonl sample=12.5% max=8m redact=on;
        aicost_dry_run on;
        aicost_log_level notice;
    }

    location /off/ {
        aicost_pass two;
        aicost_rate off;
        aicost_budget off;
        aicost_drain off;
        aicost_record off;
    }

    location /console/ { aicost_console write=on token=file:key; }
    location = /metrics { aicost_metrics; }
}
CONF
is($rc, 0, 'the whole of it') or diag($said);
unlike($said, qr/\[(?:warn|emerg)\]/, 'without a word');

###############################################################################

# the snippet with the directive at <D>: the error, with its file and line

sub refuses {
	my ($conf, $directive, $want, $exact) = @_;

	my $line = 1 + (() = $conf =~ s/<D>.*//sr =~ /\n/g);
	my ($said, $rc) = $t->conf_error($conf =~ s/<D>/$directive;/r);
	my $name = length $directive > 70 ? substr($directive, 0, 67) . '...'
		: $directive;

	if (!defined $want) {
		return is($rc, 0, $name) || diag($said);
	}

	$seen{$1} = 1 while $directive =~ /(aicost_\w+)/g;

	my ($emerg) = reverse $said =~ /\[emerg\] (.*)/g;
	my $text = ref $want ? $want : qr/\Q$want\E/;
	my ($at) = ($emerg // '') =~ m!in \S+/conf-test\.conf:(\d+)$!;

	$line += $first_line;

	# nginx's own words for a variable have no line, and what a location
	# lacks is seen at the end of the http block

	my $ok = $rc == 1 && ($emerg // '') =~ $text
		&& ($emerg =~ /^unknown "\w+" variable/
			|| defined $at && ($at == $line
				|| $at > $line && ($exact // '') eq '0'));

	ok($ok, $name) or diag("want $want at line $line, got: $said");
}

###############################################################################
