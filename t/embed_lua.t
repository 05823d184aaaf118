#!/usr/bin/perl

# Tests for util/embed-lua: what of a script is sent to a server, and what it
# refuses.

###############################################################################

use warnings;
use strict;

use Test::More;

use Cwd qw/abs_path/;
use Digest::SHA qw/sha1_hex/;
use File::Copy qw/copy/;
use File::Path qw/make_path/;
use File::Temp qw/tempdir/;
use FindBin;

###############################################################################

my $root = abs_path("$FindBin::Bin/..");
my $tmp = tempdir('aicost-embed-XXXXXXXX', TMPDIR => 1, CLEANUP => 1);
my $target = "$tmp/ngx_aicost_module/store/aicost_redis_scripts.c";

make_path("$tmp/util", "$tmp/redis", "$tmp/ngx_aicost_module/store");
copy("$root/util/embed-lua", "$tmp/util/embed-lua");
write_file("redis/$_.lua", "#!lua\nreturn '$_'\n")
	for qw/settle renew sweep control read restore publish/;

write_file('redis/common.lua', <<'EOL');
local DAY, LIMIT = 1000, 7           -- ms, a field
local WEEK = 7 * DAY
local KEYS_OF = 'lz'

-- is used

local function used(a)
    return a[LIMIT] + WEEK
end


local function unused()
    return helper()
end


local function helper()
    return 1
end
EOL

write_file('redis/rare.lua', <<'EOL');
local function rare()
    return DAY
end
EOL

my $text = <<'EOL';
#!lua flags=allow-oom
--@ common.lua

local s = 'LIMIT'
local D = 5

if s then
    local DAYS = 3
--@ rare.lua
    return rare(KEYS_OF, DAYS)
end

return used(s)
EOL

write_file('redis/reserve.lua', $text);

my ($out, $rc) = embed();
is($out, '', 'silent');
is($rc, 0, 'made');

my $sent = <<'EOL';
#!lua flags=allow-oom
local function used(a)
return a[7] + 7000
end
local s = 'LIMIT'
if s then
local DAYS = 3
local function rare()
return 1000
end
return rare('lz', DAYS)
end
return used(s)
EOL

is(sent('reserve'), $sent, 'numbers for names, and what is used alone');
like(read_file($target), qr/"reserve",\s+"${\ sha1_hex($sent) }"/,
	'the SHA-1 of that');
is(sent('settle'), "#!lua\nreturn 'settle'\n", 'another script');

($out, $rc) = embed('--check');
is("$out$rc", '0', 'in step');
write_file('redis/rare.lua', "local function rare()\n    return 2\nend\n");
($out, $rc) = embed('--check');
like($out, qr/not in step with redis/, 'not in step');
isnt($rc, 0, 'which fails');

write_file('redis/rare.lua', "local DAY = 2\n");
wrong(qr/DAY is 1000 and 2/, 'a name with two values');

write_file('redis/rare.lua', '');
write_file('redis/reserve.lua', "#!lua\nlocal a = LATER\nlocal LATER = 1\n");
wrong(qr/not known yet: local a = LATER/, 'a name that comes later');

write_file('redis/reserve.lua', "return 1\n");
wrong(qr/reserve\.lua: no #!lua/, 'no first line');

done_testing();

###############################################################################

sub embed {
	my $out = `$^X $tmp/util/embed-lua @_ 2>&1`;

	return ($out, $? >> 8);
}


sub wrong {
	my ($expect, $name) = @_;
	my ($out, $rc) = embed();

	like($out, $expect, $name);
	isnt($rc, 0, "$name: fails");
}


# the text of a script, of its lists of literals

sub sent {
	my ($name) = @_;
	my $c = read_file($target);
	my ($parts) = $c =~ /aicost_redis_$name\_parts\[\] = \{(.*?)NULL/s;
	my $text = '';

	for ($parts =~ /(\w+),/g) {
		my ($lines) = $c =~ / $_\[\] = \{\n(.*?)    NULL/s;

		$text .= $_ for $lines =~ /"((?:[^"\\]|\\.)*)"/g;
	}

	return $text =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger;
}


sub read_file {
	my ($name) = @_;

	open my $f, '<', $name or die "$name: $!\n";
	local $/;

	return scalar <$f>;
}


sub write_file {
	my ($name, $text) = @_;

	open my $f, '>', "$tmp/$name" or die "$name: $!\n";
	print $f $text;
	close $f or die "$name: $!\n";
}

###############################################################################
