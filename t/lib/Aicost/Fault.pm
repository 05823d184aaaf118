package Aicost::Fault;

# A proxy between a gateway and its store that fails as it is told.  One
# process; what is said to it holds when the call returns.
#
#   pass         everything goes through
#   hang         connections are taken, not a byte moves; pass lets it go
#   mute         what the client sends goes through, no reply comes back; pass
#                lets them go: all of them late
#   refuse       nobody listens, all connections are gone
#   delay N      replies come N ms later
#   slice        replies come byte by byte
#   garble       replies are other bytes
#   half         the first half of the next reply, then nothing
#   reset        the first half of the next reply, then a reset
#   bulk         a reply of 1 GB begins instead of the next one
#   close        all connections are closed, once; then pass
#   forget       not a byte moves on the connections there are, and none is
#                closed; new ones pass

use warnings;
use strict;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Socket qw/SOL_SOCKET SO_LINGER SO_REUSEADDR SO_RCVBUF IPPROTO_TCP
	TCP_MAXSEG TCP_NODELAY AF_UNIX SOCK_STREAM PF_UNSPEC/;
use Time::HiRes qw/time/;

use Aicost::Test;

my $PIECE = 65536;
my $MOST = 1048576;              # bytes held of one side; then it waits

my $made = 0;

###############################################################################

# new($t, to => PORT or PATH, small => 1): listens; small: little is on its way

sub new {
	my ($class, $t, %opt) = @_;

	my $self = bless { t => $t, to => $opt{to}, small => $opt{small},
		port => port('fault ' . ++$made) }, $class;

	socketpair(my $mine, my $its, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
		or die "socketpair: $!\n";
	$_->autoflush(1) for $mine, $its;

	$self->{listener} = $self->_listen() or die "fault: $!\n";
	$self->{pid} = $t->run_daemon(sub {
		close $mine;
		local $SIG{PIPE} = 'IGNORE';
		$self->_loop($its);
	});

	close $its;
	close delete $self->{listener};
	$self->{control} = $mine;

	return $self;
}


# a name server of one name, at 127.0.0.1; its port

sub names {
	my ($t, $known) = @_;
	my $port = port('names ' . ++$made);
	my $s = IO::Socket::INET->new(Proto => 'udp', LocalPort => $port,
		LocalAddr => '127.0.0.1') or die "udp: $!\n";
	my $wire = join('', map { chr(length) . $_ } split /\./, $known)
		. "\0";

	$t->run_daemon(sub {
		while (my $from = recv $s, my $q, 512, 0) {
			my $id = substr $q, 0, 2;
			my $asked = substr $q, 12, length($wire) + 4;
			my $yes = $asked eq $wire . pack 'nn', 1, 1;

			send $s, $id . pack('n5', $yes ? 0x8180 : 0x8183, 1,
				$yes || 0, 0, 0) . $asked . ($yes ? pack
				'n3NnC4', 0xc00c, 1, 1, 60, 4, 127, 0, 0, 1
				: ''), 0, $from;
		}
	});

	return $port;
}


sub port_of { return $_[0]->{port} }


sub url {
	my ($self) = @_;

	return "redis://127.0.0.1:$self->{port}";
}


# set('delay', 200)

sub set {
	my ($self, @words) = @_;

	$self->_say(@words);

	return $self;
}


# { accepted, open, up, down }: connections ever, now, bytes each way

sub seen {
	my ($self) = @_;
	my @n = split ' ', $self->_say('seen');

	return { accepted => $n[0], open => $n[1], up => $n[2],
		down => $n[3] };
}


sub _say {
	my ($self, @words) = @_;

	print { $self->{control} } "@words\n";
	my $answer = readline($self->{control}) // "it has ended\n";
	die "fault: @words: $answer" unless $answer =~ s/^ok ?//;

	return $answer;
}

###############################################################################

# of the child

sub _listen {
	my ($self) = @_;

	my $s = IO::Socket::INET->new(Listen => 128, ReuseAddr => 1,
		LocalAddr => "127.0.0.1:$self->{port}", Proto => 'tcp',
		Blocking => 0) or return undef;

	# of those that are accepted too
	if ($self->{small}) {
		setsockopt $s, SOL_SOCKET, SO_RCVBUF, 4096;
		setsockopt $s, IPPROTO_TCP, TCP_MAXSEG, 536;
	}

	return $s;
}


# a connection: { client, server } sockets, { up, down } bytes to send, later
# replies [time, bytes], dead: no byte of it is read any more

sub _loop {
	my ($self, $control) = @_;

	@$self{qw/mode n all up down accepted/} = ('pass', 0, [], 0, 0, 0);

	while (1) {
		my ($r, $w, %of) = (IO::Select->new($control),
			IO::Select->new());
		my $wait = 0.5;

		$r->add($self->{listener}) if $self->{listener};

		for my $c (@{ $self->{all} }) {
			my $due = $self->_due($c);
			$wait = $due if defined $due && $due < $wait;

			$of{fileno $c->{$_}} = [$c, $_] for qw/client server/;
			next if $self->{mode} eq 'hang' || $c->{dead};

			$r->add($c->{client}) if length $c->{up} < $MOST;
			$r->add($c->{server}) if length $c->{down} < $MOST
				&& $self->{mode} ne 'mute';
			$w->add($c->{server}) if length $c->{up};
			$w->add($c->{client}) if length $c->{down};
		}

		my ($can_r, $can_w) = IO::Select->select($r, $w, undef, $wait);

		for my $s (@{ $can_r || [] }) {
			if ($s == $control) {
				$self->_command($control) or return;

			} elsif ($self->{listener} && $s == $self->{listener}) {
				$self->_accept();

			} elsif (my $who = $of{fileno($s) // -1}) {
				$self->_read(@$who);
			}
		}

		for my $s (@{ $can_w || [] }) {
			my $who = $of{fileno($s) // -1} or next;
			$self->_write(@$who);
		}

		@{ $self->{all} } = grep { !$_->{gone} } @{ $self->{all} };
	}
}


sub _command {
	my ($self, $control) = @_;

	sysread($control, my $line, 256) or return 0;
	my ($mode, $n) = split ' ', $line;

	if ($mode eq 'seen') {
		syswrite $control, join(' ', 'ok', $self->{accepted},
			scalar(@{ $self->{all} }), $self->{up}, $self->{down})
			. "\n";
		return 1;
	}

	if ($mode eq 'close' || $mode eq 'refuse') {
		$self->_gone($_, 0) for @{ $self->{all} };
		@{ $self->{all} } = ();
	}

	if ($mode eq 'forget') {
		$_->{dead} = 1 for @{ $self->{all} };
	}

	if ($mode eq 'refuse') {
		close delete $self->{listener} if $self->{listener};

	} elsif (!$self->{listener}) {
		unless ($self->{listener} = $self->_listen()) {
			syswrite $control, "no: $!\n";
			return 1;
		}
	}

	@$self{qw/mode n/} = ($mode =~ /^(close|forget)\z/ ? 'pass' : $mode,
		$n // 0);
	syswrite $control, "ok\n";

	return 1;
}


sub _accept {
	my ($self) = @_;
	my $client = $self->{listener}->accept() or return;

	$self->{accepted}++;

	my $server = $self->{to} =~ m!/!
		? IO::Socket::UNIX->new($self->{to})
		: IO::Socket::INET->new(Proto => 'tcp',
			PeerAddr => "127.0.0.1:$self->{to}");

	unless ($server) {
		close $client;
		return;
	}

	for my $s ($client, $server) {
		$s->blocking(0);
		setsockopt $s, IPPROTO_TCP, TCP_NODELAY, 1
			unless ref $s eq 'IO::Socket::UNIX';
	}

	push @{ $self->{all} }, { client => $client, server => $server,
		up => '', down => '', later => [] };
}


sub _read {
	my ($self, $c, $side) = @_;

	return if $c->{gone} || $c->{dead};

	my $n = sysread($c->{$side}, my $bytes, $PIECE);
	return if !defined $n && ($!{EAGAIN} || $!{EINTR});
	return $self->_gone($c, !defined $n) unless $n;

	if ($side eq 'client') {
		$self->{up} += $n;
		$c->{up} .= $bytes;
		return;
	}

	$self->{down} += $n;
	$self->_reply($c, $bytes);
}


sub _reply {
	my ($self, $c, $bytes) = @_;
	my $mode = $self->{mode};
	my $half = substr $bytes, 0, int((length($bytes) + 1) / 2);

	# what was delayed stays in order
	if ($mode eq 'delay' || @{ $c->{later} }) {
		push @{ $c->{later} },
			[time() + ($self->{n} || 0) / 1000, $bytes];

	} elsif ($mode eq 'garble') {
		$c->{down} .= $bytes =~ s/./?/gsr;

	} elsif ($mode eq 'half' || $mode eq 'reset') {
		$c->{down} .= $half;
		$c->{dead} = 1;
		$self->_write($c, 'client');
		$self->_gone($c, 1) if $mode eq 'reset';

	} elsif ($mode eq 'bulk') {
		$c->{down} .= "\$1073741824\r\n" . 'x' x 1024;
		$c->{dead} = 1;
		$self->_write($c, 'client');

	} else {
		$c->{down} .= $bytes;
	}
}


# moves what is due; seconds until the next is

sub _due {
	my ($self, $c) = @_;
	my $later = $c->{later};

	while (@$later && $later->[0][0] <= time()) {
		$c->{down} .= (shift @$later)->[1];
	}

	return undef unless @$later;

	my $left = $later->[0][0] - time();

	return $left > 0 ? $left : 0;
}


sub _write {
	my ($self, $c, $side) = @_;
	my $what = $side eq 'client' ? 'down' : 'up';

	return if $c->{gone};

	my $most = $side eq 'client' && $self->{mode} eq 'slice' ? 1 : $PIECE;
	my $n = syswrite $c->{$side}, $c->{$what}, $most;

	if (defined $n) {
		substr $c->{$what}, 0, $n, '';
		return;
	}

	$self->_gone($c, 0) unless $!{EAGAIN} || $!{EINTR};
}


sub _gone {
	my ($self, $c, $reset) = @_;

	return if $c->{gone}++;

	if ($reset) {
		setsockopt $c->{client}, SOL_SOCKET, SO_LINGER,
			pack 'ii', 1, 0;

	} elsif (length $c->{down} && $self->{mode} eq 'pass') {
		# what the server said before it closed
		syswrite $c->{client}, $c->{down};
	}

	close $c->{client};
	close $c->{server};
}

1;
