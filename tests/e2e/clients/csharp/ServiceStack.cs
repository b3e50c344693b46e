// As much of ServiceStack as the source of /types/csharp names.
using System;

namespace ServiceStack
{
    public interface IReturn<T> { }
    public interface IPost { }
    public interface IGet { }

    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class RouteAttribute : Attribute
    {
        public RouteAttribute(string path, string verbs) { }
    }
}

namespace ServiceStack.DataAnnotations
{
    public interface IAnnotation { }
}
