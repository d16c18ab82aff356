#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/file.h"

namespace tidemark::exporter::procfs {

/// A socket for the questions of one netlink(7) protocol. It is opened at the first and stays open; after an answer
/// that was not to be had it is opened anew, so that the next one cannot get the rest of it. Used by one thread at a
/// time.
class NetlinkSocket {
 public:
  explicit NetlinkSocket(int protocol) : protocol_(protocol) {}

  /// Asks for all objects of a kind and calls visit(header) for each. `body` is the struct that follows the header in
  /// the request. Takes a second at most for each piece of the answer. \throw std::system_error
  template <typename Body>
  void Dump(uint16_t type, const Body& body, const std::function<void(const nlmsghdr& header)>& visit) {
    DumpBytes(type, std::span(reinterpret_cast<const char*>(&body), sizeof(body)), visit);
  }

 private:
  void Open();
  void DumpBytes(uint16_t type, std::span<const char> body, const std::function<void(const nlmsghdr& header)>& visit);
  void Receive(const std::function<void(const nlmsghdr& header)>& visit);

  int protocol_;
  UniqueFd socket_;
};

/// One question by a socket of its own. \throw std::system_error
template <typename Body>
void NetlinkDump(int protocol, uint16_t type, const Body& body,
                 const std::function<void(const nlmsghdr& header)>& visit) {
  NetlinkSocket(protocol).Dump(type, body, visit);
}

/// Calls visit(attribute) for the attributes in `bytes` at `data`.
template <typename F>
void ForEachAttribute(const void* data, size_t bytes, F&& visit) {
  auto left = static_cast<int>(bytes);
  for (auto* attribute = static_cast<const rtattr*>(data); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left))
    visit(*attribute);
}

/// Those of a message that begins with a struct of type T.
template <typename T, typename F>
void ForEachMessageAttribute(const nlmsghdr& header, F&& visit) {
  if (header.nlmsg_len < NLMSG_LENGTH(sizeof(T))) return;
  const char* const begin = static_cast<const char*>(NLMSG_DATA(&header)) + NLMSG_ALIGN(sizeof(T));
  ForEachAttribute(begin, header.nlmsg_len - NLMSG_LENGTH(NLMSG_ALIGN(sizeof(T))), visit);
}

/// An attribute's content as a T; zeros for what it is too short for, as older kernels' are.
template <typename T>
T AttributeValue(const rtattr& attribute) {
  T value{};
  std::memcpy(&value, RTA_DATA(&attribute), std::min(sizeof(value), size_t{RTA_PAYLOAD(&attribute)}));
  return value;
}

/// An attribute's content as it is.
std::string_view AttributeBytes(const rtattr& attribute);

/// Calls visit(nested) for the attributes that one consists of.
template <typename F>
void ForEachNestedAttribute(const rtattr& attribute, F&& visit) {
  ForEachAttribute(RTA_DATA(&attribute), RTA_PAYLOAD(&attribute), visit);
}

/// An attribute's content as text that may end in a zero byte.
std::string_view AttributeText(const rtattr& attribute);

/// An address of any length as sysfs writes it: "02:fc:00:00:00:01".
std::string HardwareAddress(std::string_view bytes);

/// The name of the interface with this index; empty when it is gone.
std::string InterfaceName(int index);

}  // namespace tidemark::exporter::procfs
