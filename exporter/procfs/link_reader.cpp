#include "exporter/procfs/link_reader.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tidemark::exporter::procfs {

std::span<const Link* const> LinkReader::Read() {
  constexpr int kAllEvery = 10;
  if (!changes_) StartWatch();
  bool is_known = !MayHaveChanged() && is_complete_ && pages_since_all_ < kAllEvery;
  is_complete_ = false;  // until this has succeeded
  if (is_known && knows_counters_alone_) {
    const CounterAnswer answer = ReadLinkCounters(route_, links_);
    knows_counters_alone_ = answer != CounterAnswer::kNotKnown;
    is_known = answer == CounterAnswer::kRead;
  }
  if (!is_known || !knows_counters_alone_) {
    ReadLinks(route_, links_);
    pages_since_all_ = 0;
  }
  ++pages_since_all_;
  is_complete_ = true;
  return links_.by_name;
}

/// Before the links are read, so that no change is missed.
void LinkReader::StartWatch() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  const sockaddr_nl links{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = RTMGRP_LINK};
  if (socket && ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&links), sizeof(links)) == 0)
    changes_ = std::move(socket);
}

/// What changed does not matter; nor does it that more has than the socket holds, which is an error of the next recv.
bool LinkReader::MayHaveChanged() {
  constexpr int kMaxMessages = 1000;  // who changes links without end keeps no page waiting: the next one goes on
  if (!changes_) return true;
  char byte = 0;
  int messages = 0;
  while (messages < kMaxMessages &&
         (::recv(changes_.get(), &byte, sizeof(byte), 0) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)))
    ++messages;
  return messages > 0;
}

}  // namespace tidemark::exporter::procfs
