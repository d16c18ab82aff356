#include "exporter/procfs/nl80211.h"

#include <doctest/doctest.h>
#include <linux/genetlink.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <string>
#include <string_view>

using namespace tidemark::exporter::procfs;

namespace {

/// One attribute as the kernel lays it out: header, content, and zeros to the next multiple of four.
std::string Attribute(uint16_t type, std::string_view content) {
  const rtattr header{.rta_len = static_cast<uint16_t>(RTA_LENGTH(content.size())), .rta_type = type};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes += content;
  bytes.resize(RTA_ALIGN(bytes.size()), '\0');
  return bytes;
}

template <typename T>
std::string Number(uint16_t type, T value) {
  return Attribute(type, {reinterpret_cast<const char*>(&value), sizeof(value)});
}

/// A message with these attributes.
class Message {
 public:
  explicit Message(const std::string& attributes) : bytes_(NLMSG_LENGTH(sizeof(genlmsghdr)) + attributes.size(), '\0') {
    std::memcpy(bytes_.data() + NLMSG_LENGTH(sizeof(genlmsghdr)), attributes.data(), attributes.size());
    header_.nlmsg_len = static_cast<uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &header_, sizeof(header_));
  }
  [[nodiscard]] const nlmsghdr& operator*() const { return *reinterpret_cast<const nlmsghdr*>(bytes_.data()); }

 private:
  nlmsghdr header_{};
  std::string bytes_;
};

}  // namespace

TEST_CASE("nl80211: interfaces") {
  const Message message(Attribute(NL80211_ATTR_IFNAME, std::string_view("wlan0\0", 6)) +
                        Number<uint32_t>(NL80211_ATTR_IFINDEX, 3) + Number<uint32_t>(NL80211_ATTR_WIPHY_FREQ, 5180));
  uint32_t index = 0;
  const WifiInterface interface = ParseWifiInterface(*message, index);
  CHECK(interface.name == "wlan0");
  CHECK(interface.frequency_hertz == 5.18e9);
  CHECK(index == 3);
}

TEST_CASE("nl80211: the network with a status is the one that the interface belongs to") {
  const std::string elements("\x01\x02\x82\x84\x00\x04name\x03\x01\x0b", 13);
  const std::string in_reach =
      Attribute(NL80211_BSS_BSSID, "\x02\x11\x22\x33\x44\x55") + Attribute(NL80211_BSS_INFORMATION_ELEMENTS, elements);
  CHECK_FALSE(ParseWifiNetwork(*Message(Attribute(NL80211_ATTR_BSS, in_reach))));
  const auto network = ParseWifiNetwork(*Message(
      Attribute(NL80211_ATTR_BSS, in_reach + Number<uint32_t>(NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED))));
  REQUIRE(network);
  CHECK(network->address == "02:11:22:33:44:55");
  CHECK(network->name == "name");
  CHECK(network->status == NL80211_BSS_STATUS_ASSOCIATED);
}

TEST_CASE("nl80211: elements that are cut short have no name") {
  for (const std::string_view elements : {std::string_view(), std::string_view("\0", 1),
                                          std::string_view("\0\x05na", 4), std::string_view("\x01\xff\0\x01x", 5)}) {
    const auto network =
        ParseWifiNetwork(*Message(Attribute(NL80211_ATTR_BSS, Attribute(NL80211_BSS_INFORMATION_ELEMENTS, elements) +
                                                                  Number<uint32_t>(NL80211_BSS_STATUS, 1))));
    REQUIRE(network);
    CHECK(network->name.empty());
  }
}

TEST_CASE("nl80211: stations, with 64 bits where the kernel has them") {
  const std::string rate =
      Number<uint16_t>(NL80211_RATE_INFO_BITRATE, 0xffff) + Number<uint32_t>(NL80211_RATE_INFO_BITRATE32, 8667);
  const std::string info =
      Number<uint32_t>(NL80211_STA_INFO_INACTIVE_TIME, 4500) + Number<uint32_t>(NL80211_STA_INFO_CONNECTED_TIME, 30) +
      Number<uint32_t>(NL80211_STA_INFO_RX_BYTES, 1) + Number<uint64_t>(NL80211_STA_INFO_RX_BYTES64, 1ULL << 40) +
      Number<uint32_t>(NL80211_STA_INFO_TX_BYTES, 9) + Number<int8_t>(NL80211_STA_INFO_SIGNAL, -52) +
      Attribute(NL80211_STA_INFO_RX_BITRATE, rate) +
      Attribute(NL80211_STA_INFO_TX_BITRATE, Number<uint16_t>(NL80211_RATE_INFO_BITRATE, 540)) +
      Number<uint32_t>(NL80211_STA_INFO_TX_RETRIES, 10) + Number<uint32_t>(NL80211_STA_INFO_TX_FAILED, 2) +
      Number<uint32_t>(NL80211_STA_INFO_BEACON_LOSS, 1);
  const WifiStation station = ParseWifiStation(
      *Message(Attribute(NL80211_ATTR_MAC, "\xaa\xbb\xcc\xdd\xee\xff") + Attribute(NL80211_ATTR_STA_INFO, info)));
  CHECK(station.address == "aa:bb:cc:dd:ee:ff");
  CHECK(station.inactive_seconds == 4.5);
  CHECK(station.connected_seconds == 30);
  CHECK(station.receive_bytes == 1099511627776);
  CHECK(station.transmit_bytes == 9);
  CHECK(station.signal_dbm == -52);
  CHECK(station.receive_bits_per_second == 866.7e6);
  CHECK(station.transmit_bits_per_second == 54e6);
  CHECK(station.transmit_retries == 10);
  CHECK(station.transmit_failed == 2);
  CHECK(station.beacon_losses == 1);
}
