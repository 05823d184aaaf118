#!/usr/bin/perl

# Tests for labels that a client names: metrics and console stay UTF-8.

###############################################################################

use warnings;
use strict;

use Test::More;

use Encode;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";

use Aicost::Test;
use Aicost::Gateway;

###############################################################################

my $t = Aicost::Test->new()->has(qw/module sim/)->plan();

$t->gateway(http => 'aicost_use_case $http_x_case;')->run();

my %label = ("\xff\xfe" => '??', "\xed\xa0\x80" => '???',
	"a\xc3" => 'a?', "\xc3\xa9" x 40 => "\xc3\xa9" x 31, 'plain' => 'plain',
	"\xe2\x82\xac" x 3 => "\xe2\x82\xac" x 3);

is(code(chat(headers => { 'X-Case' => $_ })), '200 ', 'goes')
	for sort keys %label;

# a call is counted after its answer
wait_for { (metric($t->metrics_now(), 'aicost_requests_total') // 0)
	== keys %label };

my $text = http_get('/metrics', -port => port(8090))->body();
ok(eval { decode('UTF-8', my $copy = $text, Encode::FB_CROAK) },
	'the metrics are UTF-8');

for (sort values %label) {
	like($text, qr/use_case="\Q$_\E"/, 'a label');
}

my $spend = $t->console(port(8090), 'GET', '/api/spend?by=use_case',
	$Aicost::Test::OPERATOR)->body();
my $all = eval { decode_json($spend) };
ok($all, 'the console is JSON') or diag($spend);

###############################################################################
