#!/usr/bin/perl

# Tests for what a budget is kept by: consumer, user, session, a shared name.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $asked = 0;
my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

# one call of 50 tokens costs 0.000504

$t->gateway(sim => { tokens => 50 },
	consumers => { bot => {}, rich => { budgets => { day => '0.0011EUR' } },
		odd => { budgets => { day => '9USD' } } },
	http => 'aicost_budget shared all 0.0021EUR/day; '
		. 'aicost_output min=40;',
	server => <<'CONF',

        location /consumer/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_budget day $aicost_consumer 0.0006EUR/day;
        }

        location /user/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_user $http_x_user;
            aicost_budget user $aicost_user 0.0006EUR/day;
        }

        location /both/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_budget both $aicost_consumer$http_x_user 0.0006EUR/day;
            aicost_budget dash ${http_x_user}- 0.0006EUR/day;
        }

        location /session/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_budget visit $aicost_session 0.00075EUR/session;
            aicost_budget any $aicost_consumer 1EUR/day;
        }

        location /clip/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_output min=10;
            aicost_budget clip $aicost_session 0.0006EUR/session;
            aicost_budget any $aicost_consumer 1EUR/day;
        }

        location /soft/ {
            aicost_pass premium;
            aicost_budget off;
            aicost_budget soft all 0.0001EUR/day limit=soft;
        }

        location /off/ {
            aicost_pass premium;
            aicost_budget off;
        }
CONF
	location => 'aicost_budget shared all 0.0021EUR/day;')->run();

# the consumer's own limit stands for the budget of that name

is(ask('consumer'), '200 ', 'a consumer');
is(ask('consumer'), '402 budget_exceeded', 'spent');
is(ask('consumer', as => 'rich'), '200 ', 'another consumer');
is(ask('consumer', as => 'rich'), '200 ', 'has a budget of its own');
is(ask('consumer', as => 'rich'), '402 budget_exceeded', 'that ends too');
is(ask('consumer', as => 'odd'), '200 ', 'a limit in another currency');
is(ask('consumer', as => 'odd'), '402 budget_exceeded',
	'leaves the one of the location');
ok($t->wait_log(qr/consumer "odd" has an unreadable limit/), 'and is said');

# an empty key is an account like any other

is(ask('user', headers => { 'X-User' => 'ann' }), '200 ', 'a user');
is(ask('user', headers => { 'X-User' => 'ann' }), '402 budget_exceeded',
	'spent');
is(ask('user', headers => { 'X-User' => 'bob' }), '200 ', 'another user');
is(ask('user'), '200 ', 'no user');
is(ask('user', headers => { 'X-User' => '' }), '402 budget_exceeded',
	'an empty name is the same account');

# a key of several variables, or of one and more

is(ask('both', headers => { 'X-User' => 'ann' }), '200 ', 'both');
is(ask('both', headers => { 'X-User' => 'ann' }), '402 budget_exceeded',
	'spent');
is(ask('both', headers => { 'X-User' => 'bob' }), '200 ',
	'one consumer, another user');
is(ask('both', as => 'rich', headers => { 'X-User' => 'bob' }),
	'402 budget_exceeded', 'another consumer, one user');
is(ask('both', as => 'rich', headers => { 'X-User' => 'cid' }), '200 ',
	'another of both');

# a session is of the consumer: nobody spends another's

is(ask('session', session => 'a'), '200 ', 'a session');
is(ask('session', session => 'a'), '402 budget_exceeded', 'spent');
is(ask('session', session => 'b'), '200 ', 'another session');
is(ask('session', session => 'a', as => 'rich'), '200 ',
	'the same name of another consumer');
is(ask('session'), '200 ', 'no session is named');
is(ask('session'), '200 ', 'the budget is of the request');
is(ask('session', content => 'hello ' x 1000), '402 budget_exceeded',
	'a prompt that does not fit it');
is(ask('clip', max_tokens => 100), '200 ', 'a request that asks for more');

my ($last) = reverse $t->sim_log($t->{sim_port});
my $cap = decode_json($last->{body})->{max_tokens};
cmp_ok($cap, '<', 60, 'gets what fits the budget');
cmp_ok($cap, '>=', 10, 'and no less than the least');

is(ask('soft'), '200 ', 'soft');
is(ask('soft'), '200 ', 'refuses nothing');
is(ask('off'), '200 ', 'off') for 1 .. 6;

# a connection that stays may bring another key each time

my $uri = '/off/v1/chat/completions';
my @as = qw/bot bot bot odd odd nob bot/;
my $from = $t->ledger($asked);
my $s = http_begin(chat_raw(uri => $uri))->keep();
my @answers = (code($s->finish()), map { code($s->next(
	chat_raw(uri => $uri, as => $_))) } @as[1 .. $#as]);
$s->close();

is("@answers", '200  200  200  200  200  401 invalid_api_key 200 ',
	'each key is looked at');
is(join(' ', map { $_->{consumer} || '-' }
	($t->ledger($from + @as))[$from .. $from + $#as]),
	'bot bot bot odd odd - bot', 'each is the consumer of its key');

# declared twice, counted once

is(code(chat()), '200 ', 'http and location') for 1 .. 4;

my $r = chat();
is(code($r), '402 budget_exceeded', 'spent by the fifth, not the third');

my $e = $r->json()->{error};
like($e->{message}, qr/^Budget "shared" has 0\.000084 of 0\.0021 EUR left, /,
	'message');
like($e->{message}, qr/ too little for this request; it resets in \d+ s\.$/,
	'until when');
is($r->header('x-should-retry'), 'false', 'not to be asked again');
ok(defined $r->header('X-AICost-Request-Id'), 'request id');
is($r->header('X-AICost-Reason'), 'budget_exceeded', 'reason');
is($r->header('Content-Type'), 'application/json', 'type');

###############################################################################

sub ask {
	my ($where, %ask) = @_;

	$asked++;
	return code(chat(uri => "/$where/v1/chat/completions", %ask));
}

###############################################################################
