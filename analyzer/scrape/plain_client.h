#pragma once

#include <httplib.h>

#include <string>

namespace tidemark::scrape {

/// httplib's client over a socket that is read in large pieces: its own asks the kernel twice for every 4 KiB of a
/// page.
class PlainClient final : public httplib::ClientImpl {
 public:
  using httplib::ClientImpl::ClientImpl;

 private:
  bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> callback) override;
};

}  // namespace tidemark::scrape
