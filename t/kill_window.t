#!/usr/bin/perl

# Tests for kill=P:window: a latch that ends with its window.

###############################################################################

use warnings;
use strict;

use Test::More;

use FindBin;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim faketime/)->plan(9);

$t->gateway(sim => { tokens => 50 },
	server => <<'CONF',

        location /hour/ {
            aicost_pass premium;
            aicost_budget hour $aicost_consumer 0.0001EUR/hour
                          limit=soft kill=110%;
        }
CONF
	location => 'aicost_budget minute $aicost_consumer 0.0004EUR/minute '
		. 'limit=soft kill=110%:window;')
	->run_at('@2026-11-25 12:00:56');

my $hour = '/hour/v1/chat/completions';

is(code(chat()), '200 ', 'a call');
is(code(chat()), '403 kill_switch', 'stopped');
is(code(chat(uri => $hour)), '200 ', 'a call without :window');
is(code(chat(uri => $hour)), '403 kill_switch', 'stopped too');

ok(wait_for { chat()->status() == 200 }, 'goes again in the next minute');
is(code(chat()), '403 kill_switch', 'until that is spent');
is(code(chat(uri => $hour)), '403 kill_switch', 'the other needs an operator');

my ($rc) = $t->control('resume', 'hour', '--key', 'bot');
is($rc, 0, 'resume');
is(code(chat(uri => $hour)), '200 ', 'who lets it go');

###############################################################################
