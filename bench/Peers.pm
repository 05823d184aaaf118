package Peers;

# The gateways of bench/peers: how each is installed, started and asked.  What
# Debian has comes by util/deps, the others from npm and PyPI in these versions,
# below objs/ and once, some 800 MB; none of their install scripts runs.

use warnings;
use strict;

use Exporter qw/import/;
use File::Path qw/make_path remove_tree/;

use Bench;

our @EXPORT = qw/against alone ask_with bar install start title version/;

my $PORTKEY = '@portkey-ai/gateway@1.15.2';
my $LITELLM = 'litellm[proxy]==1.106.12';
my $PATIENCE = 400;       # seconds of an installation
my $WAKING = 60;          # seconds until a gateway listens

my $home = "$root/objs/peers";
my @lua = map { "modules/$_.so" } qw/ndk_http_module ngx_http_lua_module/;

my %peers = (
	plain => { title => 'proxy_pass', start => \&start_plain },
	aicost => { title => 'aicost', start => \&start_aicost },
	lua => { title => 'Lua gateway', start => \&start_lua,
		install => \&install_lua },
	aicost_redis => { title => 'aicost, Redis', against => 'aicost_redis',
		start => \&start_aicost_redis },
	lua_redis => { title => 'Lua, Redis', start => \&start_lua_redis,
		install => \&install_lua, against => 'aicost_redis',
		bar => { '1 KB' => 2, '40 KB' => 5 } },
	portkey => { title => 'Portkey', start => \&start_portkey,
		install => \&install_portkey,
		bar => 25 },
	litellm => { title => 'LiteLLM', start => \&start_litellm,
		install => \&install_litellm,
		bar => 100 },
);


sub title {
	return $peers{$_[0]}{title};
}


# the one of ours that it is compared with

sub against {
	return $peers{$_[0]}{against} || 'aicost';
}


# how many times aicost's CPU it must need at least

sub bar {
	my ($who, $what) = @_;
	my $bar = $peers{$who}{bar};

	return ref $bar ? $bar->{$what} : $bar;
}


# what is in the way, '' when it is there

sub install {
	my ($who) = @_;
	my $how = $peers{$who}{install};

	return $how ? $how->() : '';
}


# its first process: name, its port and the provider's

sub start {
	my ($who, $port, $provider) = @_;

	# the two ends are on this host, whatever the environment says

	delete local @ENV{qw/http_proxy https_proxy all_proxy HTTP_PROXY
		HTTPS_PROXY ALL_PROXY/};

	return $peers{$who}{start}->($port, $provider);
}


sub version {
	my ($who) = @_;

	if ($who eq 'aicost') {
		return output("$root/objs/aicost", '--version')
			=~ /^aicost (\S+)/ ? $1 : '?';
	}

	if ($who eq 'lua') {
		return join ', ', output('dpkg-query', '-W', '-f',
			'${Package} ${Version}\n', 'libnginx-mod-http-lua',
			'lua-cjson', 'libluajit2-5.1-2', 'libluajit-5.1-2')
			=~ /^(\S+ \d\S+)$/mg;
	}

	if ($who eq 'portkey') {
		my ($node) = output('node', '--version') =~ /^(v\S+)/;

		return "$PORTKEY, Node " . ($node // '?');
	}

	return '' if $who ne 'litellm';

	my $with = output(litellm('python'), '-c', <<'PYTHON');
import platform
from importlib.metadata import version
print('Python', platform.python_version())
for name in 'uvicorn', 'openai':
    print(name, version(name))
PYTHON

	return join ', ', $LITELLM, $? ? () : split /\n/, $with;
}


# what a request to it needs beside its key

sub ask_with {
	my ($who, $provider) = @_;

	return $who eq 'portkey' ? 'x-portkey-config: {"provider":"openai",'
		. '"api_key":"sk-bench","override_params":{"model":"big"},'
		. "\"custom_host\":\"http://127.0.0.1:$provider/v1\"}" : ();
}


# leaves this process and what it starts no network but a loopback of their own

sub alone {
	my ($NEWUSER, $NEWNET) = (0x10000000, 0x40000000);
	my ($uid, $gid) = ($>, $) + 0);

	eval {
		require 'syscall.ph';
		syscall(SYS_unshare(), $NEWNET | ($uid ? $NEWUSER : 0)) == 0
			or die "unshare: $!\n";

		if ($uid) {
			write_file('/proc/self/setgroups', 'deny');
			write_file('/proc/self/uid_map', "0 $uid 1");
			write_file('/proc/self/gid_map', "0 $gid 1");
		}

		my $out = output(qw/ip link set lo up/);
		die $out if $?;
		1;
	} or return "no network namespace: $@" =~ s/\s+\z//r;

	return '';
}


sub start_plain {
	my ($port, $provider) = @_;

	return start_nginx('plain', $port, proxied($provider, $provider));
}


# the configuration of bench/run

sub start_aicost {
	my ($port, $provider) = @_;

	return start_nginx('aicost', $port,
		gateway('aicost', $provider, $provider, ''));
}


# the same Redis for both of them, on the second core

sub store {
	redis('store', free_port(), 'taskset', '-c', '1')
		unless -S "$dir/store.sock";

	return "$dir/store.sock";
}


# answers once it has found the store

sub start_aicost_redis {
	my ($port, $provider) = @_;

	my $pid = start_nginx('aicost_redis', $port, gateway('aicost_redis',
		$provider, $provider, 'aicost_redis unix:' . store()
		. ' on_error=closed timeout=2s;'));

	run('first', "$root/objs/aicost", 'sim', '--canned', '--listen',
		"127.0.0.1:$provider");
	wait_port($provider);
	ask("http://127.0.0.1:$port/v1/chat/completions", body('1 KB'));
	stop('first');

	return $pid;
}


sub start_lua_redis {
	return start_lua(@_, store());
}


sub start_lua {
	my ($port, $provider, $store) = @_;
	my $name = $store ? 'lua_redis' : 'lua';
	my $with = $store ? ".with(\"$store\")" : '';

	return start_nginx($name, $port, load => \@lua, http => <<"CONF",
    client_body_buffer_size 1m;
    client_max_body_size 8m;
    lua_package_path "$root/bench/?.lua;;";
    lua_shared_dict counters 64m;
    init_by_lua_block { require("gateway")$with }
    upstream provider { server 127.0.0.1:$provider; keepalive 64; }
CONF
		server => <<'CONF');
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location = /v1/chat/completions {
            proxy_buffering off;
            access_by_lua_block { require("gateway").access() }
            body_filter_by_lua_block { require("gateway").body_filter() }
            proxy_pass http://provider;
        }
CONF
}


sub start_nginx {
	my ($name, $port, %conf) = @_;

	configure($name, $port, affinity => '01', %conf);

	return read_file("$dir/$name.pid") + 0;
}


sub start_portkey {
	my ($port) = @_;

	local $ENV{NODE_ENV} = 'production';

	return start_own('portkey', $port, 'node', "$home/portkey/node_modules/"
		. '@portkey-ai/gateway/build/start-server.js', '--headless',
		"--port=$port");
}


# prices are given: looking in vain for them would be dearer

sub start_litellm {
	my ($port, $provider) = @_;

	write_file("$dir/litellm.yaml", <<"YAML");
model_list:
  - model_name: auto
    litellm_params:
      model: openai/big
      api_base: http://127.0.0.1:$provider/v1
      api_key: sk-bench
    model_info:
      input_cost_per_token: 0.0000001
      output_cost_per_token: 0.0000005
general_settings:
  master_key: bench-key
  disable_spend_logs: true
litellm_settings:
  num_retries: 0
  set_verbose: false
YAML

	local $ENV{HOME} = $dir;
	local $ENV{LITELLM_LOG} = 'ERROR';
	local $ENV{LITELLM_MODE} = 'PRODUCTION';
	local $ENV{LITELLM_LOCAL_MODEL_COST_MAP} = 'True';
	local $ENV{LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS} = 'True';

	return start_own('litellm', $port, litellm('litellm'), '--config',
		"$dir/litellm.yaml", '--host', '127.0.0.1', '--port', $port,
		'--num_workers', '1');
}


sub start_own {
	my ($name, $port, @cmd) = @_;

	my $pid = run($name, 'taskset', '-c', '0', @cmd);
	wait_port($port, $WAKING);

	return $pid;
}


sub install_lua {
	for my $so (@lua) {
		return "no $so: util/deps bench-peers installs it"
			unless -e "/usr/share/nginx/$so";
	}

	return '';
}


sub install_portkey {
	return fetched('portkey', $PORTKEY, ['npm', 'install', '--prefix',
		"$home/portkey", '--no-save', '--ignore-scripts', '--no-audit',
		'--no-fund', '--no-progress', '--fetch-retries', '0',
		$PORTKEY]);
}


sub install_litellm {
	return fetched('litellm', $LITELLM,
		['python3', '-m', 'venv', '--clear', "$home/litellm"],
		[litellm('python'), '-m', 'pip', 'install', '-q',
			'--disable-pip-version-check', '--only-binary', ':all:',
			'--timeout', '60', '--retries', '2', $LITELLM]);
}


sub litellm {
	return "$home/litellm/bin/$_[0]";
}


# runs the commands that bring it, once; '' or why they failed

sub fetched {
	my ($name, $what, @commands) = @_;
	my $to = "$home/$name";

	return '' if -e "$to/done" && read_file("$to/done") eq $what;

	print STDERR "installing $what\n";
	remove_tree($to);
	make_path($to);

	for my $cmd (@commands) {
		my $out = output('timeout', $PATIENCE, @$cmd);
		next unless $?;

		my @lines = grep { /\S/ } split /\n/, $out;
		my ($why) = ((grep { /\berror\b/i } @lines), reverse @lines);

		return ($cmd->[0] =~ s!.*/!!r) . ': '
			. ($why // "not in $PATIENCE s");
	}

	write_file("$to/done", $what);

	return '';
}

###############################################################################

1;
