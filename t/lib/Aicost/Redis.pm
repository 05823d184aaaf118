package Aicost::Redis;

# A Redis of one's own for tests: servers with their faults, Sentinel,
# Cluster, a client, and the records of the store as hashes.  Core Perl only.
#
# TEST_REDIS_SERVER   the server to run  (redis-server, then valkey-server)

use warnings;
use strict;

use Digest::SHA qw/sha256_hex/;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw/WNOHANG/;
use Time::HiRes ();

use Aicost::Test;

our $TIMEOUT = 15;

my @ACCOUNT = qw/layout serial latch whole budget unit soft session clear
	warned limit settled reserved bound unverified over lost open kill t0
	t1 idle max grace/;
my @OPEN = qw/state expires hash step bounds marked dry warned money tokens
	gap_money gap_tokens/;

###############################################################################

# the servers of this machine: (name => path); none: the test skips

sub servers {
	my %found;

	for my $name (qw/redis-server valkey-server/) {
		my ($dir) = grep { -x "$_/$name" } split /:/, $ENV{PATH};
		$found{$name} = "$dir/$name" if $dir;
	}

	return %found;
}


sub binary {
	my %found = servers();

	return $ENV{TEST_REDIS_SERVER} || $found{'redis-server'}
		|| $found{'valkey-server'};
}


# whether it was built with TLS: then it is the certificate that it lacks

sub has_tls {
	return `@{[ binary() ]} --port 0 --tls-port 1 --save '' 2>&1`
		=~ /Failed to configure TLS/;
}


# what a test says first: skips it without a server (that has TLS), or names it

sub require_server {
	my ($t, %opt) = @_;
	my $binary = binary();
	my $lacks = !$binary ? 'no redis-server here'
		: $opt{tls} && !has_tls() ? "no TLS in $binary" : undef;

	if ($lacks) {
		$t->{skipped} = 1;
		Test::More::plan(skip_all => $lacks);
	}

	my ($v) = `$binary --version` =~ /v=([\d.]+)/;
	Test::More::note("$binary " . ($v // '?'));
	Test::More::note('no valkey-server here: not run on it')
		unless { servers() }->{'valkey-server'};

	return $t;
}

###############################################################################

# new($t, name => 'redis', options => { maxmemory => '4mb' }, password => 'x',
# acl => ['user ...'], tls => 1 ('all': also between servers), unix => 1, cluster => 1, replica_of => $r,
# dir => PATH, under => ['ip', 'netns', ...]): written, not started.  With acl the client here is a user of
# its own, the default one is off.

sub new {
	my ($class, $t, %opt) = @_;

	my $name = delete $opt{name} // 'redis';
	my $self = bless {
		%opt,
		t => $t,
		name => $name,
		dir => $opt{dir} // "$t->{dir}/$name",
		conf => "$t->{dir}/$name.conf",
		log => "$name.log",
		port => port("$name port"),
		tester => sha256_hex("$name $$ " . rand()),
		options => $opt{options} || {},
	}, $class;

	mkdir $self->{dir};
	$self->{sock} = "$self->{dir}/sock" if $opt{unix};
	$self->{bus} = port("$name bus") if $opt{cluster};

	if ($opt{tls}) {
		$self->{tls_port} = port("$name tls");
		@$self{qw/cert key ca/} = authority($t);
	}

	$self->_write();

	return $self;
}


sub _write {
	my ($self) = @_;
	my $t = $self->{t};

	my %o = (
		bind => '127.0.0.1',
		port => $self->{port},
		dir => $self->{dir},
		daemonize => 'no',
		save => '""',
		appendonly => 'no',
		'repl-diskless-sync-delay' => 0,
		%{ $self->{options} },
	);

	$o{unixsocket} = $self->{sock} if $self->{sock};
	$o{requirepass} = $self->{password} if defined $self->{password};

	if ($self->{replica_of}) {
		$o{replicaof} = '127.0.0.1 ' . $self->{replica_of}->peer_port();
		$o{masterauth} = $self->{replica_of}{password}
			if defined $self->{replica_of}{password};
	}

	if ($self->{tls_port}) {
		%o = (%o, 'tls-port' => $self->{tls_port},
			'tls-cert-file' => $self->{cert},
			'tls-key-file' => $self->{key},
			'tls-ca-cert-file' => $self->{ca},
			'tls-auth-clients' => 'no');
		$o{'tls-replication'} = 'yes' if $self->{tls} eq 'all';
	}

	if ($self->{cluster}) {
		%o = ('cluster-enabled' => 'yes',
			'cluster-config-file' => 'nodes.conf',
			'cluster-port' => $self->{bus},
			'cluster-node-timeout' => 2000, %o);
		$o{'tls-cluster'} = 'yes' if ($self->{tls} // '') eq 'all';
	}

	if ($self->{acl}) {
		$o{aclfile} = "$self->{conf}.acl";
		$t->write_file("$self->{name}.conf.acl", join "\n",
			'user default off',
			"user tester on >$self->{tester} ~* &* +\@all",
			@{ $self->{acl} }, '');
	}

	if ($self->{sentinel}) {
		delete @o{qw/save appendonly repl-diskless-sync-delay/};
	}

	$t->write_file("$self->{name}.conf", join '', map { "$_ $o{$_}\n" }
		sort keys %o);

	# names of a sentinel's primary come after it
	if ($self->{sentinel}) {
		my $m = $self->{sentinel};
		my $text = $t->read_file("$self->{name}.conf");

		$t->write_file("$self->{name}.conf", $text . join '',
			map { "sentinel $_\n" }
			"monitor $m->{as} 127.0.0.1 "
				. $m->{primary}->peer_port()
				. " $m->{quorum}",
			"down-after-milliseconds $m->{as} 500",
			"failover-timeout $m->{as} 3000",
			"parallel-syncs $m->{as} 1");
	}

	return $self;
}


# a certificate of 127.0.0.1 by an authority of the test's own: (certificate,
# key, authority)

sub authority {
	my ($t) = @_;

	return certificate($t, 'redis');
}


# certificate($t, 'old', of => 'DNS:store.test', days => -1, by => 'another'):
# the same, of another name, over, by another authority

sub certificate {
	my ($t, $name, %opt) = @_;
	my $by = $opt{by} // 'redis-ca';
	my ($ca, $ca_key, $csr, $cert, $key, $ext) = map { "$t->{dir}/$_" }
		"$by.crt", "$by.key", map { "$name.$_" } qw/csr crt key ext/;

	return ($cert, $key, $ca) if -e $cert;

	my @new = qw/req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
		-nodes/;
	$t->write_file("$name.ext", 'subjectAltName='
		. ($opt{of} // 'DNS:localhost,IP:127.0.0.1') . "\n");

	for (
		-e $ca ? () : [@new, qw/-x509 -days 30 -subj/,
			"/CN=authority $by", '-keyout', $ca_key, '-out', $ca],
		[@new, '-subj', "/CN=$name", '-keyout', $key, '-out', $csr],
		[qw/x509 -req -CAcreateserial -days/, $opt{days} // 30,
			'-in', $csr, '-CA', $ca, '-CAkey', $ca_key,
			'-extfile', $ext, '-out', $cert],
	) {
		my ($rc, undef, $err) = $t->command('openssl', @$_);
		die "openssl: $err\n" if $rc;
	}

	$t->{written}{$_} = 1 for $ca, $ca_key, $cert, $key;

	return ($cert, $key, $ca);
}


# another certificate, and everybody comes anew

sub show {
	my ($self, $cert, $key) = @_;

	$self->ask('CONFIG', 'SET', 'tls-cert-file', $cert, 'tls-key-file',
		$key);

	return $self->drop();
}


sub drop {
	my ($self) = @_;

	$self->ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

	return $self;
}

###############################################################################

sub port_of { return $_[0]->{port} }
sub pid { return $_[0]->{pid} }


# where other servers find it

sub peer_port {
	my ($self) = @_;

	return ($self->{tls} // '') eq 'all' ? $self->{tls_port}
		: $self->{port};
}


sub address { return "127.0.0.1:$_[0]->{port}" }


# as aicost_redis takes it

sub url {
	my ($self) = @_;

	return "rediss://127.0.0.1:$self->{tls_port}" if $self->{tls_port};
	return "unix:$self->{sock}" if $self->{sock};
	return 'redis://' . $self->address();
}


# until it answers; what a server of ACLs or a cluster says is an answer too

sub start {
	my ($self) = @_;

	$self->spawn();

	my $up = wait_for {
		return -1 unless $self->{pid};
		if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
			return -1;
		}
		return eval { $self->ask('PING') eq 'PONG' };
	};

	die "$self->{name} did not start:\n"
		. $self->{t}->read_log($self->{log}) if !$up || $up eq '-1';

	return $self;
}


sub spawn {
	my ($self) = @_;
	my $t = $self->{t};

	unlink $self->{sock} if $self->{sock};

	$self->{pid} = $t->_spawn($self->{log}, @{ $self->{under} || [] },
		binary(), $self->{conf}, $self->{sentinel} ? '--sentinel' : ());
	push @{ $t->{daemons} }, $self->{pid};

	return $self;
}


# in peace: writes what its configuration says

sub stop {
	my ($self) = @_;

	return $self->_end('TERM');
}


sub kill9 {
	my ($self) = @_;

	return $self->_end('KILL');
}


sub _end {
	my ($self, $signal) = @_;
	my $t = $self->{t};
	my $pid = delete $self->{pid} or return $self;

	delete $self->{sockets};
	kill $signal, $pid;
	wait_for { waitpid($pid, WNOHANG) != 0 }
		or die "$self->{name} does not end\n";
	@{ $t->{daemons} } = grep { $_ != $pid } @{ $t->{daemons} };

	return $self;
}


# dump => FILE: on that snapshot; empty => 1: on nothing

sub restart {
	my ($self, %opt) = @_;

	$self->kill9();
	$self->clear() if $opt{empty} || $opt{dump};

	if ($opt{dump}) {
		system('cp', $opt{dump}, "$self->{dir}/dump.rdb") == 0
			or die "cp: $?\n";
	}

	return $self->start();
}


sub clear {
	my ($self) = @_;

	system('rm', '-rf', glob "$self->{dir}/*");

	return $self;
}


# a copy of what it has now

sub snapshot {
	my ($self) = @_;
	my $to = "$self->{t}{dir}/$self->{name}.snapshot";

	$self->ask('SAVE');
	system('cp', "$self->{dir}/dump.rdb", $to) == 0 or die "cp: $?\n";
	$self->{t}{written}{$to} = 1;

	return $to;
}


sub freeze {
	my ($self) = @_;

	kill 'STOP', $self->{pid};

	return $self;
}


sub thaw {
	my ($self) = @_;

	kill 'CONT', $self->{pid};

	return $self;
}

###############################################################################

# the value of a command: undef, number, text, array; dies with what an error
# says

sub ask {
	my ($self, @command) = @_;
	my $v = $self->try(@command);

	die "$$v\n" if ref $v eq 'SCALAR';

	return $v;
}


# the same, an error is a reference to its text

sub try {
	my ($self, @command) = @_;
	my $s = $self->_socket();

	delete $self->{sockets}{$$} unless _send($s, @command);

	my $v = eval { _reply($s) };

	unless (defined $v) {
		delete $self->{sockets}{$$};
		die $@;
	}

	return $$v;
}


# several at once, in one write

sub pipeline {
	my ($self, @commands) = @_;
	my $s = $self->_socket();

	_send($s, @$_) for @commands;

	return map { ${ _reply($s) } } @commands;
}


sub _socket {
	my ($self) = @_;

	return $self->{sockets}{$$} if $self->{sockets}{$$};

	my $s = ($self->{sock} ? IO::Socket::UNIX->new($self->{sock})
		: IO::Socket::INET->new(Proto => 'tcp',
			PeerAddr => $self->address()))
		or die "$self->{name}: $!\n";

	$s->autoflush(1);
	$s = { sock => $s, in => '' };

	my @auth = $self->{acl} ? ('tester', $self->{tester})
		: defined $self->{password} ? ($self->{password}) : ();

	if (@auth) {
		_send($s, 'AUTH', @auth);
		my $v = ${ _reply($s) };
		die "$$v\n" if ref $v eq 'SCALAR';
	}

	return $self->{sockets}{$$} = $s;
}


sub _send {
	my ($s, @words) = @_;

	local $SIG{PIPE} = 'IGNORE';

	return print { $s->{sock} } '*' . @words . "\r\n" . join '',
		map { '$' . length($_) . "\r\n$_\r\n" } @words;
}


sub _line {
	my ($s) = @_;

	_more($s) until $s->{in} =~ s/\A(.*?)\r\n//s;

	return $1;
}


sub _more {
	my ($s) = @_;

	die "redis: no answer\n"
		unless IO::Select->new($s->{sock})->can_read($TIMEOUT);
	die "redis: connection lost\n"
		unless sysread $s->{sock}, $s->{in}, 65536, length $s->{in};
}


sub _reply {
	my ($s) = @_;
	my $line = _line($s);
	my ($type, $rest) = (substr($line, 0, 1), substr($line, 1));
	my $v;

	if ($type eq '-') {
		$v = \$rest;

	} elsif ($type eq '$') {
		if ($rest >= 0) {
			_more($s) until length $s->{in} >= $rest + 2;
			$v = substr $s->{in}, 0, $rest + 2, '';
			substr $v, -2, 2, '';
		}

	} elsif ($type eq '*') {
		$v = [ map { ${ _reply($s) } } 1 .. $rest ] if $rest >= 0;

	} else {
		$v = $rest;
	}

	return \$v;
}

###############################################################################

# INFO as a hash

sub info {
	my ($self, @section) = @_;

	return { map { /^(\w+):(.*?)\r?$/ ? ($1, $2) : () }
		split /\n/, $self->ask('INFO', @section) };
}


# the keys of a domain of a kind: b, r, g

sub keys_of {
	my ($self, $kind, %opt) = @_;
	my $head = _head(%opt);
	my ($cursor, %keys) = (0);

	# a brace is nothing special in the patterns of Redis
	do {
		my $v = $self->ask('SCAN', $cursor, 'MATCH', "$head:$kind:*",
			'COUNT', 1000);
		$cursor = $v->[0];
		$keys{$_} = 1 for @{ $v->[1] };
	} while $cursor;

	return sort keys %keys;
}


sub _head {
	my (%opt) = @_;

	return ($opt{prefix} // '') . '{aic:' . ($opt{domain} // 'default')
		. '}';
}


sub _records {
	my ($self, $kind, %opt) = @_;
	my @keys = $self->keys_of($kind, %opt) or return ();
	my @out;

	while (my @some = splice @keys, 0, 500) {
		my $values = $self->ask('MGET', @some);

		for my $i (0 .. $#some) {
			my $r = eval { unpack_msg($values->[$i]) };
			push @out, [ $some[$i], $r ] if ref $r eq 'ARRAY';
		}
	}

	return @out;
}


# { key, limit, settled, reserved, open, ... } of each account

sub accounts {
	my ($self, %opt) = @_;

	return map {
		my ($key, $r) = @$_;
		my %a = (key => $key);
		@a{@ACCOUNT} = @$r;
		\%a;
	} $self->_records('b', %opt);
}


# the one of its limit, in nano

sub account {
	my ($self, $limit, %opt) = @_;
	my @a = grep { $_->{limit} == $limit } $self->accounts(%opt);

	return $a[0];
}


# all accounts of a limit together: { n, settled, reserved, open, ... }

sub totals {
	my ($self, $limit, %opt) = @_;
	my %sum = map { $_ => 0 } qw/n settled reserved open lost over
		unverified/;

	for my $a (grep { $_->{limit} == $limit } $self->accounts(%opt)) {
		$sum{n}++;
		$sum{$_} += $a->{$_} // 0 for grep { $_ ne 'n' } keys %sum;
	}

	return \%sum;
}


# until nothing of them is open or reserved: the same

sub wait_settled {
	my ($self, $limit, %opt) = @_;
	my $sum;

	wait_for {
		$sum = eval { $self->totals($limit, %opt) } or return 0;
		!$sum->{open} && !$sum->{reserved};
	} $opt{timeout};

	return $sum || {};
}


# { key, state, expires, money, ... }; state 1 is open

sub reservations {
	my ($self, %opt) = @_;

	return map {
		my ($key, $r) = @$_;
		my %a = (key => $key, state => $r->[0]);
		@a{@OPEN} = @$r if $r->[0] == 1 || $r->[0] == 4;
		\%a;
	} $self->_records('r', %opt);
}


# one value; what follows it is an error

sub unpack_msg {
	my ($bytes) = @_;
	my $at = 0;

	die "no bytes\n" unless defined $bytes;

	my $v = _unpack(\$bytes, \$at);
	die "bytes after the value\n" if $at != length $bytes;

	return $v;
}


my %FIXED = (0xcc => 'C', 0xcd => 'n', 0xce => 'N', 0xcf => 'Q>',
	0xd0 => 'c', 0xd1 => 's>', 0xd2 => 'l>', 0xd3 => 'q>', 0xcb => 'd>');
my %SIZED = (0xc4 => 'C', 0xc5 => 'n', 0xc6 => 'N', 0xd9 => 'C', 0xda => 'n',
	0xdb => 'N', 0xdc => 'n', 0xdd => 'N');
my %WIDTH = (C => 1, n => 2, N => 4, 'Q>' => 8, c => 1, 's>' => 2, 'l>' => 4,
	'q>' => 8, 'd>' => 8);

sub _unpack {
	my ($bytes, $at) = @_;
	my $b = unpack 'C', _take($bytes, $at, 1);

	return $b if $b < 0x80;
	return $b - 256 if $b >= 0xe0;
	return undef if $b == 0xc0;
	return $b - 0xc2 if $b == 0xc2 || $b == 0xc3;
	return _take($bytes, $at, $b - 0xa0) if $b >= 0xa0 && $b < 0xc0;
	return [ map { _unpack($bytes, $at) } 1 .. $b - 0x90 ]
		if $b >= 0x90 && $b < 0xa0;

	my $t = $FIXED{$b} // $SIZED{$b}
		// die sprintf "a value of type %02x\n", $b;
	my $n = unpack $t, _take($bytes, $at, $WIDTH{$t});

	return $n if $FIXED{$b};
	return _take($bytes, $at, $n) if $b < 0xdc;
	return [ map { _unpack($bytes, $at) } 1 .. $n ];
}


sub _take {
	my ($bytes, $at, $n) = @_;

	die "the value is cut\n" if $$at + $n > length $$bytes;
	$$at += $n;

	return substr $$bytes, $$at - $n, $n;
}

###############################################################################

# the text of a script of redis/, with its parts

sub script {
	my ($name) = @_;
	my $text = _slurp($name);

	$text =~ s/^--\@ (\w+)\.lua$/_slurp($1)/gme;

	return $text;
}


sub _slurp {
	my ($name) = @_;

	open my $fh, '<', "$Aicost::Test::ROOT/redis/$name.lua"
		or die "$name: $!\n";
	local $/;

	return scalar <$fh>;
}

###############################################################################

# n sentinels of a primary: sentinels($t, $primary, as => 'aicost', n => 3)

sub sentinels {
	my ($t, $primary, %opt) = @_;
	my $n = $opt{n} // 3;

	my @all = map { Aicost::Redis->new($t, name => "sentinel$_",
		tls => $primary->{tls}, sentinel => { as => $opt{as} // 'aicost',
			primary => $primary, quorum => int($n / 2) + 1 }) }
		1 .. $n;

	$_->start() for @all;

	# a failover needs that they know each other, and the replicas
	wait_for {
		for my $s (@all) {
			my $i = $s->info('sentinel')->{master0} // '';
			return 0 unless $i =~ /sentinels=$n/
				&& $i =~ /slaves=[1-9]/;
		}

		return 1;
	} 30 or die "the sentinels do not see each other\n";

	return @all;
}


# n primaries with all slots between them: cluster($t, 3, options => {})

sub cluster {
	my ($t, $n, %opt) = @_;

	my @nodes = map { Aicost::Redis->new($t, name => "node$_",
		cluster => 1, %opt) } 1 .. $n;
	$_->start() for @nodes;

	for my $i (0 .. $n - 1) {
		$nodes[$i]->ask('CLUSTER', 'ADDSLOTSRANGE',
			int(16384 * $i / $n), int(16384 * ($i + 1) / $n) - 1);
		$nodes[$i]->ask('CLUSTER', 'SET-CONFIG-EPOCH', $i + 1);
		$nodes[0]->ask('CLUSTER', 'MEET', '127.0.0.1',
			$nodes[$i]->peer_port(), $nodes[$i]{bus}) if $i;
	}

	wait_for {
		for (@nodes) {
			my $i = $_->ask('CLUSTER', 'INFO');
			return 0 unless $i =~ /cluster_state:ok/
				&& $i =~ /cluster_known_nodes:$n\b/;
		}

		return 1;
	} 30 or die "the cluster does not come up\n";

	return @nodes;
}


# one more, which follows a node and knows what it has

sub replica {
	my ($t, $of, @nodes) = @_;
	my $id = $of->ask('CLUSTER', 'MYID');
	my $r = Aicost::Redis->new($t, name => 'replica', cluster => 1)
		->start();
	my $n = @nodes + 1;

	$r->ask('CLUSTER', 'MEET', '127.0.0.1', $of->{port}, $of->{bus});
	wait_for { !grep { $_->ask('CLUSTER', 'INFO')
		!~ /cluster_known_nodes:$n\b/ } $r, @nodes } 30
		or die "the replica is not known\n";
	$r->ask('CLUSTER', 'REPLICATE', $id);
	wait_for { ($r->info('replication')->{master_link_status} // '')
		eq 'up' && !grep { $_->ask('CLUSTER', 'NODES')
			!~ /slave $id/ } @nodes } 30
		or die "the replica does not follow\n";

	return $r;
}


# the node that has a slot, of these

sub owner {
	my ($slot, @nodes) = @_;

	for my $node (@nodes) {
		my $id = $node->ask('CLUSTER', 'MYID');

		for my $range (@{ $node->ask('CLUSTER', 'SLOTS') }) {
			return $node if $range->[2][2] eq $id
				&& $range->[0] <= $slot && $slot <= $range->[1];
		}
	}

	return undef;
}


sub slot {
	my ($self, %opt) = @_;

	return $self->ask('CLUSTER', 'KEYSLOT', _head(%opt) . ':m');
}


# moves a slot while it is used; half(sub) is called when half is there, all(sub)
# when all keys are there and the slot is not yet

sub move_slot {
	my ($slot, $from, $to, $half_sub, $all_sub, @nodes) = @_;
	my $to_id = $to->ask('CLUSTER', 'MYID');

	move_keys($slot, $from, $to);

	my @keys = @{ $from->ask('CLUSTER', 'GETKEYSINSLOT', $slot, 100000) };
	my $half = int(@keys / 2) || 1;
	my @first = splice @keys, 0, $half;

	_migrate($from, $to, @first);
	$half_sub->();

	while (1) {
		my $more = $from->ask('CLUSTER', 'GETKEYSINSLOT', $slot, 100);
		last unless @$more;
		_migrate($from, $to, @$more);
	}

	$all_sub->();

	$_->ask('CLUSTER', 'SETSLOT', $slot, 'NODE', $to_id)
		for $to, $from, grep { $_ != $to && $_ != $from } @nodes;
}


# begins to move a slot: these keys of it

sub move_keys {
	my ($slot, $from, $to, @keys) = @_;
	my ($from_id, $to_id) = map { $_->ask('CLUSTER', 'MYID') } $from, $to;

	$to->ask('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $from_id);
	$from->ask('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $to_id);
	_migrate($from, $to, @keys);
}


sub _migrate {
	my ($from, $to, @keys) = @_;

	$from->ask('MIGRATE', '127.0.0.1', $to->{port}, '', 0, 5000, 'KEYS',
		@keys) if @keys;
}

1;
