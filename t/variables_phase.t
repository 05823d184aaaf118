#!/usr/bin/perl

# Tests for variables: those of the headers in any phase, those of the body in
# what aicost_pass evaluates, also when a map was read too early before.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Socket qw/AF_INET6 IN6ADDR_LOOPBACK SOCK_STREAM
	pack_sockaddr_in6/;

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

# by address: a look-up of ::1 may ask a name server

my ($six, $probe);
$six = socket($probe, AF_INET6, SOCK_STREAM, 0)
	&& bind($probe, pack_sockaddr_in6(0, IN6ADDR_LOOPBACK)) ? 1 : 0;

$t->gateway(
	consumers => {
		bot => { use_case => 'support', tags => {
			cost_centre => '4711', team => 'web' } },
		vip => { use_case => 'risk', critical => JSON::PP::true },
	},
	free => 1,
	pass => '$pick',
	http => <<'CONF',
    map $aicost_consumer $is_vip { vip 1; }
    map $aicost_consumer $lim { bot $aicost_consumer; }

    map "$aicost_stream$aicost_tools" $by_body {
        ~^1 premium;
        default cheap;
    }

    map $aicost_images $by_images { 0 cheap; default premium; }

    map $aicost_tokens_estimated $by_tokens {
        ~^\d\d?$ cheap;
        default premium;
    }

    map $aicost_requested_model $by_model { auto cheap; default nowhere; }

    map $aicost_use_case $by_case { risk premium; default cheap; }

    split_clients $aicost_session $half { 100% cheap; }

    map $http_x_by $pick {
        default $by_case;
        body $by_body;
        images $by_images;
        tokens $by_tokens;
        model $by_model;
        half $half;
        nothing "";
        odd no-such-tier;
    }

    limit_req_zone $lim zone=lim:1m rate=1r/m;

    log_format early escape=json '{"consumer":"$aicost_consumer",'
        '"use_case":"$aicost_use_case","critical":"$aicost_critical",'
        '"net":"$aicost_net","tag":"$aicost_tag_cost_centre",'
        '"other":"$aicost_tag_team","none":"$aicost_tag_none",'
        '"user":"$aicost_user","id":"$aicost_request_id",'
        '"set":"$early","set2":"$early_body","status":$status,'
        '"tier":"$aicost_tier","in":$aicost_tokens_in,'
        '"out":$aicost_tokens_out,"cost":$aicost_cost,'
        '"ttft":$aicost_ttft,"left":$aicost_budget_left,'
        '"cached":$aicost_tokens_cached,"saved":$aicost_saved,'
        '"estimated":$aicost_tokens_estimated,'
        '"attempts":"$aicost_attempts","reserved":$aicost_cost_reserved,'
        '"stream":"$aicost_stream","tools":"$aicost_tools",'
        '"images":$aicost_images,"asked":"$aicost_requested_model"}';
CONF
	server => ($six ? 'listen [::1]:%%PORT_8080%% reuseport;' : '') . <<'CONF',
        access_log %%TESTDIR%%/early.log early;
        set $early "";
        set $early_body "";

        location /early/ {
            set $early "$aicost_consumer/$aicost_use_case";
            set $early_body "$by_body";
            aicost_pass $by_body;
        }

        location /if/ {
            if ($is_vip) {
                return 418;
            }

            aicost_pass cheap;
        }

        location /limit/ {
            limit_req zone=lim;
            aicost_pass cheap;
        }

        location /user/ {
            aicost_user $http_x_user;
            aicost_use_case $http_x_case;
            aicost_pass $by_case;
        }
CONF
)->run();

my $asked = 0;
my $line;

# who asks

tier('cheap', 'by use case', {});
is("$line->{consumer} $line->{use_case}", 'bot support', 'consumer, use case');
is($line->{critical}, '0', 'not critical');
is("$line->{tag} $line->{other}", '4711 web', 'tags');
is($line->{none}, '', 'a tag that is not there');
is($line->{net}, '127.0.0.1', 'network');

tier('premium', 'by another use case', {}, as => 'vip');
is("$line->{consumer} $line->{critical}", 'vip 1', 'critical');
is($line->{tag}, '', 'without tags');

SKIP: {
	skip 'no IPv6', 1 unless $six;

	socket(my $s, AF_INET6, SOCK_STREAM, 0) or die "socket: $!\n";
	connect($s, pack_sockaddr_in6(port(8080), IN6ADDR_LOOPBACK))
		or die "connect: $!\n";
	syswrite $s, chat_raw() =~ s/\r\n/\r\nConnection: close\r\n/r;
	1 while <$s>;
	close $s;
	$asked++;
	is(last_line()->{net}, '::/64', 'network of IPv6');
}

tier('premium', 'a use case from a header', { 'X-Case' => 'risk',
	'X-User' => 'u1' }, uri => '/user/v1/chat/completions');
is("$line->{user} $line->{use_case}", 'u1 risk', 'user and use case');

# what is asked: the body

tier('premium', 'a stream', { 'X-By' => 'body' }, stream => JSON::PP::true);
is("$line->{stream} $line->{tools} $line->{asked}", '1 0 auto', 'its facts');
tier('cheap', 'no stream', { 'X-By' => 'body' });

tier('cheap', 'no image', { 'X-By' => 'images' });
tier('premium', 'an image', { 'X-By' => 'images' }, messages => [ {
	role => 'user', content => [ { type => 'image_url', image_url => {
	url => 'data:image/png;base64,AAAA' } } ] } ]);
is($line->{images}, 1, 'one');

tier('cheap', 'a short prompt', { 'X-By' => 'tokens' });
tier('premium', 'a long one', { 'X-By' => 'tokens' },
	content => 'many words ' x 500);
cmp_ok($line->{estimated}, '>', 500, 'estimated');

tier('cheap', 'split_clients', { 'X-By' => 'half' });

# a map that was read too early, and remembered, is read again

tier('premium', 'read early', {}, stream => JSON::PP::true,
	uri => '/early/v1/chat/completions');
is($line->{set}, 'bot/support', 'who asks is known to the rewrite phase');
is($line->{set2}, 'cheap', 'what is asked is not');
like($t->read_log(), qr/\[error\].*is read before its/, 'and that is logged');

# the policy names no tier that exists

for my $by (qw/odd nothing/) {
	my $r = chat(headers => { 'X-By' => $by });
	$asked++;
	is(code($r), '500 unknown_tier', "$by: no such tier");
}

like($t->read_log(), qr/yields the unknown tier "no-such-tier"/, 'logged');

my $r = chat(headers => { 'X-By' => 'model' });
is(code($r), '200 ', 'by the requested model');
$r = chat(headers => { 'X-By' => 'odd' }, model => 'cheap');
is(code($r), '200 ', 'an explicit choice needs no policy');
$asked += 2;

# other modules

is(chat(uri => '/if/v1/chat/completions', as => 'vip')->status(), 418,
	'in an if');
is(code(chat(uri => '/if/v1/chat/completions')), '200 ', 'or not');
is(code(chat(uri => '/limit/v1/chat/completions')), '200 ', 'a limit_req');
is(chat(uri => '/limit/v1/chat/completions')->status(), 503, 'is met');
is(code(chat(uri => '/limit/v1/chat/completions', as => 'vip')), '200 ',
	'by this key only');
$asked += 5;

# a request without a body or a key has its line too, and it is JSON

http_get('/v1/none');
$asked++;
$line = last_line();
is("$line->{status} $line->{in} $line->{out} $line->{cost}", '404 0 0 0',
	'numbers are never empty');
like($line->{id}, qr/^[0-9a-f]{32}$/, 'and it has an id');

###############################################################################

sub tier {
	my ($tier, $name, $headers, %ask) = @_;
	my $r = chat(%ask, headers => $headers);

	$asked++;
	is($r->header('X-AICost-Tier'), $tier, $name) or diag($r->body());
	$line = last_line();
	is($line->{tier}, $tier, "$name, in the log");
}


sub last_line {
	my @log;

	wait_for {
		my $text = $t->read_log('early.log');
		@log = split /\n/, $text;
		($text =~ tr!\n!!) >= $asked;
	};

	return decode_json($log[-1]);
}

###############################################################################
