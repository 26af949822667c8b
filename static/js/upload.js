// Files that are too large are told of when they are chosen, before anything is sent: the rest of the form stays as it is.
// The limits are those of the server's settings (a test holds them together); the server refuses all the same.
const FILE_LIMIT = 20 * 1048576;
const REQUEST_LIMIT = 25 * 1048576;

function megabytes(size) {
  return Math.ceil(size / 1048576);
}

function fault(input) {
  const files = Array.from(input.files || []);
  const large = files.find((file) => file.size > FILE_LIMIT);
  if (large) {
    return `“${large.name}”有 ${megabytes(large.size)} MB。压缩到 ${FILE_LIMIT / 1048576} MB 以内再选`;
  }
  const inputs = input.form ? Array.from(input.form.querySelectorAll('input[type="file"]')) : [input];
  const total = inputs.flatMap((one) => Array.from(one.files || [])).reduce((sum, file) => sum + file.size, 0);
  if (total > REQUEST_LIMIT) {
    return `这次选的文件合计 ${megabytes(total)} MB。一次不超过 ${REQUEST_LIMIT / 1048576} MB，分几次上传`;
  }
  return "";
}

function judge(input) {
  input.setCustomValidity(fault(input));
  return input.checkValidity();
}

document.addEventListener("change", (event) => {
  if (event.target instanceof HTMLInputElement && event.target.type === "file" && !judge(event.target)) {
    event.target.reportValidity();
  }
});

// In the capturing phase, so that nobody sends the form after all.
document.addEventListener(
  "submit",
  (event) => {
    const inputs = Array.from(event.target.querySelectorAll('input[type="file"]'));
    const wrong = inputs.find((input) => !judge(input));
    if (wrong) {
      event.preventDefault();
      event.stopImmediatePropagation();
      wrong.reportValidity();
    }
  },
  true,
);
