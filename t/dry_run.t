#!/usr/bin/perl

# Tests for aicost_dry_run: everything is counted, nothing is refused.

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

$t->gateway(sim => { tokens => 50 },
	server => <<'CONF',

        location /hard/ {
            aicost_pass premium;
            aicost_budget day $aicost_consumer 0.002EUR/day;
        }

        location /killed/ {
            aicost_pass premium;
            aicost_dry_run on;
            aicost_budget killed all 1EUR/day;
        }

        location /visit/ {
            aicost_pass premium;
            aicost_dry_run on;
            aicost_budget any $aicost_consumer 1EUR/day;
            aicost_budget visit $aicost_session 0.0001EUR/session;
        }
CONF
	location => 'aicost_dry_run on; '
		. 'aicost_budget day $aicost_consumer 0.002EUR/day;')->run();

my @r = map { chat() } 1 .. 6;

is(code($_), '200 ', 'nothing is refused') for @r;
is($r[0]->header('X-AICost-Reason'), 'policy', 'within the budget');
like($r[5]->header('X-AICost-Reason'), qr/budget_exceeded_dry_run/,
	'beyond it');
is($r[5]->header('X-AICost-Cost'), '0.000504 EUR', 'priced');

my $m = $t->metrics_now();
is(metric($m, 'aicost_budget_used_ratio', budget => 'day'), 1.512,
	'counted');
cmp_ok(metric($m, 'aicost_cost_total') - 0.003024, '<', 1e-9, 'cost');
is((map { $_->{reason} } grep { $_->{reason} =~ /dry_run/ }
	$t->ledger(6))[0], 'policy, budget_exceeded_dry_run', 'logged')
	or diag(join ' ', map { $_->{reason} } $t->ledger());
ok($t->wait_log(qr/aicost refused budget_exceeded, consumer "bot"/), 'said');

# the caps of a budget that is nearly spent are not sent

my ($last) = reverse $t->sim_log($t->{sim_port});
is(decode_json($last->{body})->{max_tokens}, 50, 'the request is unchanged');

is(code(chat(uri => '/hard/v1/chat/completions')), '402 budget_exceeded',
	'one account with where it is enforced');

is(($t->control('kill', 'killed'))[0], 0, 'kill');
my $r = chat(uri => '/killed/v1/chat/completions');
is(code($r), '200 ', 'a kill switch is dry too');
like($r->header('X-AICost-Reason'), qr/kill_switch_dry_run/, 'and said');

$r = chat(uri => '/visit/v1/chat/completions');
is(code($r), '200 ', 'a budget of one request');
like($r->header('X-AICost-Reason'), qr/budget_exceeded_dry_run/, 'is said');

# what is no request is none in a dry run either

is(http_post('/v1/chat/completions', '{"model":', Authorization =>
	'Bearer ' . consumer_key('bot'))->status(), 400, 'invalid input');
is(code(chat(as => 'nobody')), '401 invalid_api_key', 'an unknown key');
is(code(chat(model => 'nothing')), '404 model_not_found', 'no such model');
is(code(chat(base_url => 'http://x')), '400 parameter_not_allowed',
	'a forbidden member');

###############################################################################
