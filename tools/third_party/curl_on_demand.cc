// libcurl, loaded at its first use.
//
// Why: agent and commands are one program, but only the commands speak HTTP as a client. Linked in
// the usual way, libcurl and the thirty libraries behind it double an idle agent's private memory
// and its start-up time. The archive would drag in the same libraries. So this file defines the
// functions of libcurl that we call and forwards them to libcurl.so.4, which is opened by the first
// call.
//
// Without that library curl_global_init and curl_easy_perform fail, curl_easy_init returns null,
// and curl_easy_strerror says why. A libcurl function that is missing here is a link error: add it
// to the list.
//
// Threads: as libcurl; the first call may come from any thread.

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace {

void* Library() {
  static void* const library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  return library;
}

// The function of that name in libcurl, or null when there is no libcurl. A library without the
// function is not the libcurl we compiled against: nothing sensible can follow.
template <typename Function>
Function* Find(const char* name) {
  if (Library() == nullptr) return nullptr;
  void* const symbol = dlsym(Library(), name);
  if (symbol == nullptr) {
    std::fprintf(stderr, "libcurl.so.4 has no function %s\n", name);
    std::abort();
  }
  return reinterpret_cast<Function*>(symbol);
}

}  // namespace

// Forwards one function of libcurl; `absent` is what it returns when there is no libcurl.
#define MUSTER_FORWARD(type, name, parameters, arguments, absent) \
  extern "C" type name parameters {                               \
    static auto* const function = Find<type parameters>(#name);   \
    return function != nullptr ? function arguments : absent;     \
  }

MUSTER_FORWARD(CURLcode, curl_global_init, (long flags), (flags), CURLE_FAILED_INIT)  // NOLINT
MUSTER_FORWARD(void, curl_global_cleanup, (), (), void())
MUSTER_FORWARD(char*, curl_version, (), (), nullptr)
MUSTER_FORWARD(void, curl_free, (void* memory), (memory), void())

MUSTER_FORWARD(CURL*, curl_easy_init, (), (), nullptr)
MUSTER_FORWARD(void, curl_easy_cleanup, (CURL * easy), (easy), void())
MUSTER_FORWARD(void, curl_easy_reset, (CURL * easy), (easy), void())
MUSTER_FORWARD(CURLcode, curl_easy_perform, (CURL * easy), (easy), CURLE_FAILED_INIT)
MUSTER_FORWARD(char*, curl_easy_escape, (CURL * easy, const char* text, int length),
               (easy, text, length), nullptr)

MUSTER_FORWARD(struct curl_slist*, curl_slist_append, (struct curl_slist * list, const char* text),
               (list, text), nullptr)
MUSTER_FORWARD(void, curl_slist_free_all, (struct curl_slist * list), (list), void())

MUSTER_FORWARD(CURLM*, curl_multi_init, (), (), nullptr)
MUSTER_FORWARD(CURLMcode, curl_multi_cleanup, (CURLM * multi), (multi), CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMcode, curl_multi_add_handle, (CURLM * multi, CURL* easy), (multi, easy),
               CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMcode, curl_multi_remove_handle, (CURLM * multi, CURL* easy), (multi, easy),
               CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMcode, curl_multi_perform, (CURLM * multi, int* running), (multi, running),
               CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMcode, curl_multi_poll,
               (CURLM * multi, struct curl_waitfd extra[], unsigned int count, int milliseconds,
                int* ready),
               (multi, extra, count, milliseconds, ready), CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMcode, curl_multi_wakeup, (CURLM * multi), (multi), CURLM_INTERNAL_ERROR)
MUSTER_FORWARD(CURLMsg*, curl_multi_info_read, (CURLM * multi, int* left), (multi, left), nullptr)
MUSTER_FORWARD(const char*, curl_multi_strerror, (CURLMcode code), (code),
               "cannot load libcurl.so.4")

extern "C" const char* curl_easy_strerror(CURLcode code) {
  static auto* const function = Find<const char*(CURLcode)>("curl_easy_strerror");
  return function != nullptr ? function(code) : "cannot load libcurl.so.4 (package libcurl4)";
}

// va_start on an enumeration is what libcurl itself does; the type promotes to itself here. Hence
// -Wno-varargs for this file.
//
// An option's number says of which type its argument is: curl.h gives each type a range of 10,000.
extern "C" CURLcode curl_easy_setopt(CURL* easy, CURLoption option, ...) {
  static auto* const function = Find<CURLcode(CURL*, CURLoption, ...)>("curl_easy_setopt");
  if (function == nullptr) return CURLE_FAILED_INIT;
  va_list arguments;
  va_start(arguments, option);
  CURLcode result;
  switch (option / 10000 * 10000) {
    case CURLOPTTYPE_LONG:
      result = function(easy, option, va_arg(arguments, long));  // NOLINT: libcurl's own type
      break;
    case CURLOPTTYPE_OFF_T:
      result = function(easy, option, va_arg(arguments, curl_off_t));
      break;
    default:
      result = function(easy, option, va_arg(arguments, void*));
  }
  va_end(arguments);
  return result;
}

// Every piece of information is returned through a pointer.
extern "C" CURLcode curl_easy_getinfo(CURL* easy, CURLINFO info, ...) {
  static auto* const function = Find<CURLcode(CURL*, CURLINFO, ...)>("curl_easy_getinfo");
  if (function == nullptr) return CURLE_FAILED_INIT;
  va_list arguments;
  va_start(arguments, info);
  const CURLcode result = function(easy, info, va_arg(arguments, void*));
  va_end(arguments);
  return result;
}
